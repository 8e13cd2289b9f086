// Writes the pages that are made from code; `--check` only says which of them differ, and exits with 1 if any does.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openApiDocument } from '../api/openapi-document.ts'
import { configDoc, envExample } from '../core/config-doc.ts'
import { mappingDoc } from '../core/segment-to-statsig/doc.ts'
import { outboundMappingDoc } from '../core/statsig-to-segment/doc.ts'
import { schemaSql } from '../db/schema-dump.ts'
import { consoleTypes } from './console-types.ts'

interface Generated {
  path: string
  render: () => string | Promise<string>
}

/** A generated page is a line here; it is committed, and `npm run check` wants it without a diff. */
const pages: Generated[] = [
  { path: 'docs/config.md', render: configDoc },
  { path: '.env.example', render: envExample },
  { path: 'docs/mapping.md', render: mappingDoc },
  { path: 'docs/mapping-outbound.md', render: outboundMappingDoc },
  { path: 'docs/openapi.json', render: () => `${JSON.stringify(openApiDocument(), null, 2)}\n` },
  { path: 'console/api/schema.d.ts', render: consoleTypes },
  { path: 'db/schema.sql', render: schemaSql },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const onlyCheck = process.argv.includes('--check')

for (const { path, render } of pages) {
  const file = join(root, path)
  const text = await render()
  if (text === (await readFile(file, 'utf8').catch(() => undefined))) continue
  if (onlyCheck) {
    console.error(`${path} differs from what the code says: run \`npm run generate\` and commit it.`)
    process.exitCode = 1
  } else {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    console.log(`${path} written`)
  }
}
