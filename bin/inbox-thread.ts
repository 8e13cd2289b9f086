/**
 * The thread in which accept writes: its own connection, the same inbox. The event loop of the api goes on reading and
 * parsing while a commit waits for the disk. The other end is db/threaded-inbox.ts.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { BridgeError } from '../core/errors.ts'
import { openDb } from '../db/client.ts'
import { createInbox } from '../db/inbox.ts'
import type { Append, Answer } from '../db/threaded-inbox.ts'

const port = parentPort
if (!port) throw new Error('bin/inbox-thread.ts runs as a worker thread only')
const db = openDb((workerData as { path: string }).path)
const inbox = createInbox(db)

/** What has been committed since the last turn of the event loop is told in one message. */
let answers: Answer[] = []
function answer(one: Answer): void {
  if (answers.push(one) > 1) return
  setImmediate(() => {
    port?.postMessage(answers)
    answers = []
  })
}

async function append({ n, request }: Append): Promise<void> {
  try {
    answer({ n, ...(await inbox.append(request)) })
  } catch (error) {
    if (error instanceof BridgeError) answer({ n, error: { code: error.code, detail: error.detail } })
    else answer({ n, error: { detail: error instanceof Error ? error.message : String(error) } })
  }
}

port.on('message', (message: Append[] | 'close') => {
  if (message !== 'close') {
    for (const one of message) void append(one)
    return
  }
  db.sqlite.close()
  port.close()
})
port.postMessage('ready')
