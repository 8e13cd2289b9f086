// A process that starts one child of each kind, says their ids, and waits to be killed: run by child.test.ts.
import { join } from 'node:path'
import { Child } from '../../../bin/launcher/child.ts'

const folder = process.argv[2] ?? ''
const reports = { onDeath: () => {}, onGivenUp: () => {} }
const ours = new Child(
  {
    name: 'ours',
    kind: 'node',
    command: process.execPath,
    args: ['--import', 'tsx/esm', 'test/bin/launcher/living-program.ts', join(folder, 'diary')],
    logPath: join(folder, 'ours.log'),
  },
  reports,
)
const foreign = new Child(
  { name: 'foreign', kind: 'foreign', command: 'sleep', args: ['300'], logPath: join(folder, 'foreign.log') },
  reports,
)
ours.start()
foreign.start()
await ours.becameReady
console.log(`ready ${ours.pid ?? 0} ${foreign.pid ?? 0}`)
