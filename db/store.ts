/** The Store on SQLite: one file of named operations a noun, put together here. */
import type { Store } from '../core/ports.ts'
import { createAccessStore } from './access.ts'
import { createAudienceStore } from './audiences.ts'
import { createAlertStore } from './alerts.ts'
import { createCatalogueStore } from './catalogue.ts'
import { openDb, type Db, type OpenOptions } from './client.ts'
import { createConnectionStore } from './connections.ts'
import { createErasureStore } from './erasures.ts'
import { createGrantStore } from './grants.ts'
import { createIdempotencyStore } from './idempotency.ts'
import { createInbox } from './inbox.ts'
import { createJobStore } from './jobs.ts'
import { createKeyRing } from './key-ring.ts'
import { createLaneStore } from './lanes.ts'
import { createLiveStore } from './live.ts'
import { createMessageStore } from './messages.ts'
import { createMetricsStore } from './metrics.ts'
import { createOutboundStore } from './outbound-store.ts'
import { createProcessStore } from './processes.ts'
import { createRemovalStore } from './removal.ts'
import { createRetentionStore } from './retention.ts'
import type { SecretBox } from './secret-box.ts'
import { createSetupStore } from './setups.ts'
import { createStatsStore } from './stats.ts'

/** Opens the file, brings its schema up to date and answers the port. One process may hold several. */
export function openStore(path: string, box: SecretBox, options: OpenOptions = {}): Store {
  return createStore(openDb(path, options), box)
}

/** The port on a database that is open already; closing the Store closes it. */
export function createStore(db: Db, ownBox: SecretBox): Store {
  const box = createKeyRing(db, ownBox)
  return {
    masterKeys: box,
    connections: createConnectionStore(db, box),
    inbox: createInbox(db),
    lanes: createLaneStore(db, box),
    messages: createMessageStore(db),
    stats: createStatsStore(db),
    processes: createProcessStore(db),
    retention: createRetentionStore(db),
    erasures: createErasureStore(db, box),
    catalogue: createCatalogueStore(db),
    alerts: createAlertStore(db, box),
    live: createLiveStore(db),
    metrics: createMetricsStore(db),
    idempotency: createIdempotencyStore(db, box),
    access: createAccessStore(db),
    setups: createSetupStore(db, box),
    removal: createRemovalStore(db),
    grants: createGrantStore(db, box),
    audiences: createAudienceStore(db, box),
    jobs: createJobStore(db),
    outbound: createOutboundStore(db),
    async close() {
      db.sqlite.close()
    },
  }
}
