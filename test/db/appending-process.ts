// A process of its own that opens a database file, makes the connection `con_1` if nobody has, and appends.
// Arguments: path, prefix of the messageIds, how many, when to start (epoch ms), so that several start at once.
import { setTimeout as sleep } from 'node:timers/promises'
import { BridgeError } from '../../core/errors.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { create, names, request } from './suite/requests.ts'

const [path = '', prefix = '', count = '0', startAtMs = '0'] = process.argv.slice(2)
await sleep(Number(startAtMs) - Date.now())
const store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
try {
  await create(store, { keys: {} })
} catch (error) {
  if (!(error instanceof BridgeError) || error.code !== 'write_key_in_use') throw error
}
for (const id of names(prefix, Number(count))) await store.inbox.append(request([id]))
await store.close()
