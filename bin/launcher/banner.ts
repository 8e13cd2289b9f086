/** What `npm start` says besides its progress: sandbox or real, and where to go from here. */
import { join, resolve } from 'node:path'
import type { Config } from '../../core/config.ts'
import { keyFile } from './keys.ts'
import { apiUrl } from './programs.ts'

const rule = '─'.repeat(78)

/** The first lines: nobody may wonder where their events go. */
export function banner(config: Config): string {
  const { vendors, statsigEventsUrl, segmentTrackingUrl } = config
  const lines =
    vendors === 'sandbox'
      ? [
          'Causeway · SANDBOX',
          `Segment and Statsig are stand-ins at http://127.0.0.1:${config.sandboxPort}; nothing leaves this machine.`,
          'For the real ones: CAUSEWAY_VENDORS=real npm start',
        ]
      : [
          'Causeway · REAL VENDORS',
          `Statsig: ${statsigEventsUrl}   Segment: ${segmentTrackingUrl}`,
          'For a try without them: CAUSEWAY_VENDORS=sandbox npm start',
        ]
  return [rule, ...lines, rule].join('\n')
}

/** The Web UI's page of a connection's main lane. */
export const lanePage = (config: Config, connectionId: string): string =>
  `${config.temporalUiUrl}/namespaces/${config.temporalNamespace}/workflows/lane:${connectionId}:events`

/** Where things are. The path of the key file, never the key. */
export function links(config: Config, connectionId: string | undefined): string {
  const base = apiUrl(config)
  const rows: [string, string | undefined][] = [
    ['Console', `${base}/`],
    ['API', `${base}/api/v1`],
    ['Reference', `${base}/docs`],
    ['API key', config.apiKey ? 'CAUSEWAY_API_KEY' : `apiKey in ${keyFile(config.dataDir)}`],
    ['Demo messages', connectionId && `${base}/api/v1/connections/${connectionId}/messages`],
    [
      'Temporal',
      !config.ownsTemporal
        ? `${config.temporalAddress}, namespace ${config.temporalNamespace}`
        : connectionId
          ? lanePage(config, connectionId)
          : config.temporalUiUrl,
    ],
    [
      'At the sandbox',
      config.vendors === 'sandbox'
        ? `http://127.0.0.1:${config.sandboxPort}/_sandbox/statsig/events`
        : undefined,
    ],
    ['Logs', join(config.dataDir, 'logs')],
  ]
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name.padEnd(15)} ${value}`)
    .join('\n')
}

/** With real vendors there is no demo: how to make the first connection. */
export function firstConnection(config: Config): string {
  const key = config.apiKey
    ? '$CAUSEWAY_API_KEY'
    : `$(node -p "require('${resolve(keyFile(config.dataDir))}').apiKey")`
  return [
    'Make a connection (its answer names the write key for your Segment SDKs or webhook):',
    '',
    `  curl ${apiUrl(config)}/api/v1/connections \\`,
    `    -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' \\`,
    `    -d '{"name":"My site","setup":"manual","statsig":{"serverKey":"secret-…"}}'`,
  ].join('\n')
}
