/**
 * Every environment variable that Causeway reads: one row says name, kind, default and what it is for.
 * A new setting is a row here; docs/config.md and .env.example are written from it (`npm run generate`).
 */
import { kinds } from './config-kinds.ts'
import type { Kind } from './config-kinds.ts'

export interface Setting<T> {
  name: string
  kind: Kind<Exclude<T, undefined>>
  /** As it would be written in the environment; read by the same kind. */
  default: string | undefined
  /** What stands in for a default that is computed or absent. */
  otherwise: string | undefined
  /** One sentence. */
  says: string
}

const set = <T>(name: string, kind: Kind<T>, byDefault: string, says: string): Setting<T> =>
  ({ name, kind, default: byDefault, otherwise: undefined, says }) as Setting<T>

const may = <T>(name: string, kind: Kind<T>, otherwise: string, says: string): Setting<T | undefined> =>
  ({ name, kind, default: undefined, otherwise, says }) as Setting<T | undefined>

const real = 'the real one; the sandbox in sandbox mode'

export const settings = {
  host: set('HOST', kinds.text, '127.0.0.1', 'The address that the HTTP process listens on.'),
  port: set('PORT', kinds.port, '3000', 'The port of API, ingest and console.'),
  sandboxPort: set(
    'SANDBOX_PORT',
    kinds.port,
    '3100',
    'The port of the sandbox that stands in for Segment and Statsig.',
  ),
  publicUrl: may(
    'PUBLIC_URL',
    kinds.url,
    '`http://127.0.0.1:<PORT>`',
    'How the outside reaches this installation: webhook URLs and the OAuth redirect are made of it.',
  ),
  trustedProxies: set(
    'TRUSTED_PROXIES',
    kinds.proxies,
    '',
    "Proxies whose X-Forwarded-For is believed when a caller's address is asked for.",
  ),
  temporalAddress: may(
    'TEMPORAL_ADDRESS',
    kinds.address,
    '`127.0.0.1:<TEMPORAL_PORT>`',
    'A Temporal server of your own; when set, `npm start` starts no dev server.',
  ),
  temporalPort: set(
    'TEMPORAL_PORT',
    kinds.port,
    '7233',
    'The port of the Temporal dev server that `npm start` runs.',
  ),
  temporalNamespace: set(
    'TEMPORAL_NAMESPACE',
    kinds.text,
    'default',
    'The Temporal namespace of all workflows.',
  ),
  temporalUiPort: set('TEMPORAL_UI_PORT', kinds.port, '8233', "The port of the dev server's Web UI."),
  databaseUrl: may(
    'DATABASE_URL',
    kinds.file,
    '`file:<DATA_DIR>/causeway.db`',
    'The database of messages, connections and outcomes.',
  ),
  dataDir: set(
    'DATA_DIR',
    kinds.text,
    '.data',
    'The folder of database, generated keys, logs and the dev server; made when absent.',
  ),
  archiveDirs: set(
    'ARCHIVE_DIRS',
    kinds.folders,
    '',
    'Absolute folders besides DATA_DIR that a replay may read archives from.',
  ),
  s3Endpoint: may(
    'S3_ENDPOINT',
    kinds.url,
    "AWS's own",
    'The store of archives named `s3://…`, where it is another one that speaks as S3 does.',
  ),
  s3Region: set(
    'S3_REGION',
    kinds.text,
    'us-east-1',
    'The region of the buckets that archives are read from.',
  ),
  s3PathStyle: set(
    'S3_PATH_STYLE',
    kinds.yesNo,
    'no',
    'Whether the bucket goes into the path instead of the host name, as most stores that are not AWS want it.',
  ),
  cacheDir: may(
    'CAUSEWAY_CACHE_DIR',
    kinds.text,
    '`~/.cache/causeway`',
    'Where downloaded Temporal binaries are kept.',
  ),
  cliUrl: may(
    'CAUSEWAY_URL',
    kinds.url,
    '`http://<HOST>:<PORT>`',
    'Where the command line (`npx causeway`) finds the API.',
  ),
  apiKey: may(
    'CAUSEWAY_API_KEY',
    kinds.secret,
    'made once, kept in DATA_DIR',
    'The admin key of the control plane (`Authorization: Bearer …`).',
  ),
  secretKey: may(
    'CAUSEWAY_SECRET_KEY',
    kinds.key,
    'made once, kept in DATA_DIR',
    'Seals the keys of connections at rest: 32 bytes in base64; `npm run rotate-key` changes it. Lose it, and every connection needs its keys anew.',
  ),
  vendors: may(
    'CAUSEWAY_VENDORS',
    kinds.vendors,
    '`npm start`: sandbox unless a URL below is set; single processes: real',
    'Whether events go to the sandbox or to the real Segment and Statsig.',
  ),
  statsigEventsUrl: may('STATSIG_EVENTS_URL', kinds.url, real, "Base of Statsig's `log_event`."),
  statsigConsoleUrl: may('STATSIG_CONSOLE_URL', kinds.url, real, "Base of Statsig's console API (ID lists)."),
  segmentTrackingUrl: may('SEGMENT_TRACKING_URL', kinds.url, real, "Base of Segment's tracking API."),
  segmentCdnUrl: may(
    'SEGMENT_CDN_URL',
    kinds.url,
    real,
    'Base of the settings by which a Segment write key is checked; a SEGMENT_TRACKING_URL of your own is asked itself.',
  ),
  segmentApiUrl: may('SEGMENT_API_URL', kinds.url, real, "Base of Segment's Public API."),
  segmentOauthAuthorizeUrl: may(
    'SEGMENT_OAUTH_AUTHORIZE_URL',
    kinds.url,
    real,
    'Where a person grants access to a Segment workspace.',
  ),
  segmentOauthTokenUrl: may(
    'SEGMENT_OAUTH_TOKEN_URL',
    kinds.url,
    real,
    'Where a granted code becomes a token.',
  ),
  segmentOauthClientId: may(
    'SEGMENT_OAUTH_CLIENT_ID',
    kinds.text,
    'none; set up by token or by hand',
    'The client id of your Segment app.',
  ),
  segmentOauthClientSecret: may(
    'SEGMENT_OAUTH_CLIENT_SECRET',
    kinds.secret,
    'none',
    'The client secret of your Segment app.',
  ),
  segmentOauthScopes: set(
    'SEGMENT_OAUTH_SCOPES',
    kinds.text,
    'workspace',
    'The scopes to ask for; they must equal those of the app.',
  ),
  lateAfterMs: set(
    'LATE_AFTER',
    kinds.duration,
    '1h',
    'Messages older than this at receipt go through the late lane, so that a Segment Replay never delays live traffic.',
  ),
  tooOldAfterMs: set(
    'TOO_OLD_AFTER',
    kinds.duration,
    '7d',
    'Messages older than this at receipt are not sent: they end `skipped: too_old`.',
  ),
  alertAllowedNetworks: set(
    'ALERT_ALLOWED_NETWORKS',
    kinds.proxies,
    '',
    'Networks that are not public and that the alert webhook may still be in.',
  ),
  retentionDays: set('RETENTION_DAYS', kinds.days, '14', 'How long bodies and outcomes are kept.'),
  logLevel: set('LOG_LEVEL', kinds.logLevel, 'info', 'The least severe log line that is written.'),
}

export type Settings = typeof settings
