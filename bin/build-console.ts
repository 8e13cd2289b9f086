// `npm run build:console`: builds the console unless it is built, and says where it is.
import { buildConsole } from './console-files.ts'

console.log(await buildConsole())
