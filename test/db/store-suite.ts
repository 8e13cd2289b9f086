// The conformance suite: every adapter of the port `Store` passes all of it.
import { describe } from 'vitest'
import { catalogueCases } from './suite/catalogue.ts'
import { claimCases } from './suite/claims.ts'
import { connectionCases } from './suite/connections.ts'
import { inboxCases } from './suite/inbox.ts'
import { laneCases } from './suite/lanes.ts'
import { messageCases } from './suite/messages.ts'
import { modelCases } from './suite/model.ts'
import { retentionCases } from './suite/retention.ts'
import { statsCases } from './suite/stats.ts'
import type { OpenStorePair } from './suite/world.ts'

/** Runs the suite; `openStorePair` opens two connections to one new and empty database. */
export function runStoreSuite(name: string, openStorePair: OpenStorePair): void {
  describe(name, () => {
    connectionCases(openStorePair)
    inboxCases(openStorePair)
    laneCases(openStorePair)
    claimCases(openStorePair)
    messageCases(openStorePair)
    statsCases(openStorePair)
    retentionCases(openStorePair)
    catalogueCases(openStorePair)
    modelCases(openStorePair)
  })
}
