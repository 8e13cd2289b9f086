// `npm start`: everything on this machine, until Ctrl-C. What it does is told in launcher/launch.ts.
import { readConfig } from './load-config.ts'
import { prepareConsole } from './launcher/console.ts'
import { launch } from './launcher/launch.ts'
import { listenForStop } from './launcher/stop-request.ts'

process.exitCode = await launch({
  config: readConfig({ vendorsByDefault: 'sandbox' }),
  stop: listenForStop(),
  prepareConsole,
})
process.exit()
