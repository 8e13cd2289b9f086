// A process of its own that opens database files, makes the connection `con_1` where nobody has, and appends. Its argument is
// the prefix of its messageIds. Each line of its input is `{path, count, startAtMs}`: at that moment (epoch ms) it opens the
// file, so that several open it at once. It says `ready` once, and to
// each line `done`, or what went wrong.
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { BridgeError } from '../../core/errors.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { create, names, request } from './suite/requests.ts'

interface Job {
  path: string
  count: number
  startAtMs: number
}

const [prefix = ''] = process.argv.slice(2)
const secrets = createSecretBox(Buffer.alloc(32, 7))

async function append({ path, count, startAtMs }: Job): Promise<void> {
  await sleep(startAtMs - Date.now())
  const store = openStore(path, secrets)
  try {
    await create(store, { keys: {} })
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'write_key_in_use') throw error
  }
  for (const id of names(prefix, count)) await store.inbox.append(request([id]))
  await store.close()
}

console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await append(JSON.parse(line) as Job).then(() => 'done', String)
  console.log(answer)
}
