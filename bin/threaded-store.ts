/** The Store of the api: as any other, but what is accepted is written in a thread of its own. */
import type { Store } from '../core/ports.ts'
import { createThreadedInbox } from '../db/threaded-inbox.ts'
import type { LoadedConfig } from './load-config.ts'
import { openConfiguredStore } from './open-store.ts'
import { startThread } from './threads.ts'

const module = new URL('./inbox-thread.ts', import.meta.url)

/** Resolves when both have the database open. */
export async function openThreadedStore(config: LoadedConfig): Promise<Store> {
  const store = await openConfiguredStore(config)
  const inbox = createThreadedInbox(() => startThread(module, { path: config.databasePath }))
  await inbox.ready()
  return {
    ...store,
    inbox,
    async close() {
      await inbox.close()
      await store.close()
    },
  }
}
