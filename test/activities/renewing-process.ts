// A process of its own that renews a grant, as a worker does: `renewing-process.ts <database> <origin> <mode>`.
// It says `ready`, waits for a line, asks for a token that serves, and prints it. In the mode `dies` it is killed when the
// vendor has answered and nothing is kept yet; its clock is behind, so that its lease is over by then.
import { once } from 'node:events'
import { createSegmentAccess } from '../../activities/segment-access.ts'
import { createSegmentOauth } from '../../clients/segment-oauth.ts'
import { BridgeError } from '../../core/errors.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { countingIds } from '../support/fake-deps.ts'

const [path = '', origin = '', mode = ''] = process.argv.slice(2)
const store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
const clock = { nowMs: () => Date.now() - (mode === 'dies' ? 120_000 : 0) }
const oauth = createSegmentOauth({
  ...{ clientId: 'sandbox-client', clientSecret: 'sandbox-secret', scopes: 'workspace', clock },
  ...{ authorizeUrl: `${origin}/oauth2/auth`, tokenUrl: `${origin}/oauth2/token` },
})
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const access = createSegmentAccess({
  ...{ connections: store.connections, grants: store.grants, clock, log: silent },
  ids: { ...countingIds(), secret: () => `lease-of-${process.pid}` },
  oauth: {
    ...oauth,
    async refresh(refreshToken) {
      const tokens = await oauth.refresh(refreshToken)
      if (mode === 'dies') process.kill(process.pid, 'SIGKILL')
      return tokens
    },
  },
})

/** The first token is refused by Segment, whoever comes with it. */
const call = async (token: string): Promise<string> => {
  const response = await fetch(`${origin}/sources`, { headers: { authorization: `Bearer ${token}` } })
  if (response.status === 401) throw new BridgeError('segment.token_refused', 'HTTP 401')
  return token
}

process.stdout.write('ready\n')
await once(process.stdin, 'data')
try {
  process.stdout.write(`token ${await access.use('con_1', call)}\n`)
} catch (error) {
  process.stdout.write(`refused ${error instanceof BridgeError ? error.detail : String(error)}\n`)
}
await store.close()
process.exit(0)
