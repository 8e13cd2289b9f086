/** Once a night every audience is asked to compare its list with the ledger. */
import { Context } from '@temporalio/activity'
import type { AudienceStore, AudienceSyncs, Log } from '../core/ports.ts'
import { toFailure } from './failures.ts'

export interface ReconcileDeps {
  audiences: AudienceStore
  syncs: AudienceSyncs
  log: Log
}

const pageRows = 100

/** Answers how many were asked. */
export function createStartReconciles({ audiences, syncs, log }: ReconcileDeps) {
  return async function startReconciles(): Promise<number> {
    try {
      let asked = 0
      for (let after = 0; ;) {
        const page = await audiences.all({ after, limit: pageRows })
        for (const { n, connectionId, key } of page) {
          await audiences.request(connectionId, key, 'reconcile')
          await syncs.now(connectionId, key)
          asked += 1
          after = n
        }
        Context.current().heartbeat(asked)
        if (page.length < pageRows) return asked
      }
    } catch (error) {
      throw toFailure(error, log)
    }
  }
}
