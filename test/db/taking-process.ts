// A process of its own that takes calls of the budget that all processes share. Its arguments: the database file, the
// moment at which it begins (epoch ms), and how many milliseconds of its own time it tells of, in steps of 100. It says
// at which of these moments it was granted a call, as one JSON array.
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'

const [path = '', startAtMs = '0', spanMs = '0'] = process.argv.slice(2)
const store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
await sleep(Number(startAtMs) - Date.now())
const granted: number[] = []
for (let nowMs = 0; nowMs < Number(spanMs);) {
  const answer = await store.audiences.takeCall('console-a', nowMs)
  if (answer.granted) granted.push(nowMs)
  else nowMs += 100
}
await store.close()
console.log(JSON.stringify(granted))
