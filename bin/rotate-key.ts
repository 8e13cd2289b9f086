// `npm run rotate-key`: another master key, while everything runs. What it does is told in rotation.ts.
import { readConfig } from './load-config.ts'
import { rotateKey } from './rotation.ts'

process.exitCode = await rotateKey({ config: readConfig(), args: process.argv.slice(2) })
