// Bundles the workflows into a file: `bundle-workflows.ts <path>`. A process of its own, since the bundler leaves
// hundreds of megabytes behind that a worker would keep for its life.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('name the file to write')
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  logger: new DefaultLogger('ERROR'),
})
await writeFile(path, code)
