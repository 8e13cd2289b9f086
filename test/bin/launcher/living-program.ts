// A process that ends as ours do, and notes why in the file that it is given.
import { appendFileSync } from 'node:fs'
import { onProcessEnd } from '../../../bin/process-life.ts'

const life = onProcessEnd(async (reason) => appendFileSync(process.argv[2] ?? '', `stopped: ${reason}\n`))
setInterval(() => {}, 1_000)
console.log('up')
life.ready()
