/** `npx causeway doctor`: looks at every dependency, key and clock, and says what to do. */
import type { Config } from '../../../core/config.ts'
import type { Cli } from '../cli.ts'
import { allConnections, type Connection } from '../connection.ts'
import { checkConnections } from '../doctor/connections.ts'
import { shownChecks, unseen, type Check } from '../doctor/check.ts'
import { checkConfig, checkData, checkNode, checkTemporal } from '../doctor/machine.ts'
import { checkConsole, checkTemporalUi } from '../doctor/pages.ts'
import { checkKey, checkReadiness, reach } from '../doctor/server.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import type { Register } from '../program.ts'

const about = `
It works while the API or Temporal is down: what can be seen from here is looked at here. Data folder, disk and
configuration are looked at where the API is on this machine. It ends with 1 when a check fails.

Examples:
  $ npx causeway doctor
  $ npx causeway doctor --json | jq '.checks[] | select(.status == "fail")'`

export const register: Register = (command, act) => {
  command.addHelpText('after', about).action(act((cli) => doctor(cli)))
}

async function doctor(cli: Cli): Promise<ExitCode> {
  const checks = await examine(cli)
  const isFine = checks.every(({ status }) => status !== 'fail')
  await cli.answer({ ok: isFine, url: cli.target.url, checks }, () => shownChecks(checks))
  return isFine ? exitCodes.ok : exitCodes.failed
}

async function examine(cli: Cli): Promise<Check[]> {
  const here = cli.target.isLocal ? await examineMachine(cli) : { checks: [], config: undefined }
  const reached = await reach(cli)
  const checks = [checkNode(process.version), ...here.checks, ...reached.checks]
  if (!reached.api) {
    const temporal = here.config
      ? [await checkTemporal(here.config), await checkTemporalUi(cli, [], here.config)]
      : []
    return [...checks, ...temporal, unseen('connections', 'The API would have to be asked.')]
  }
  checks.push(...(await checkReadiness(reached.api)), await checkConsole(reached.api, cli.target.url))
  const known = await checkKey(cli)
  const connections: Connection[] = known.api ? await allConnections(known.api) : []
  checks.push(...known.checks, await checkTemporalUi(cli, connections, here.config))
  return known.api
    ? [...checks, ...(await checkConnections(known.api, connections))]
    : [...checks, unseen('connections', 'They need a valid key.')]
}

async function examineMachine(cli: Cli): Promise<{ checks: Check[]; config: Config | undefined }> {
  const { check, config } = checkConfig(cli)
  return { config, checks: [check, ...(config ? await checkData(cli, config) : [])] }
}
