/**
 * Every column that holds sealed text, in one list: what a rotation of the master key seals anew. A blob column that is
 * not in here, and is not told to be open in the list's test, fails that test.
 */
import { alertSecretPurpose } from './alerts.ts'
import { doorPurpose } from './audiences.ts'
import { keyPurpose } from './connections.ts'
import { erasureKeyPurpose, personPurpose } from './erasures.ts'
import { grantPurpose } from './grants.ts'
import { answerPurpose } from './idempotency.ts'
import { setupPurpose } from './setups.ts'

/** A row as the list's reader selects it. */
export type Place = Record<string, string | Buffer>

export interface SealedColumn {
  table: string
  column: string
  /** Columns that the purpose is made of. */
  place: readonly string[]
  purpose: (place: Place) => string
}

const text = (value: string | Buffer | undefined): string => String(value)

/** Each table has a rowid. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    ...{ table: 'connection_keys', column: 'sealed', place: ['connection_id', 'kind'] },
    purpose: ({ connection_id: id, kind }) => keyPurpose(text(id), text(kind)),
  },
  {
    ...{ table: 'segment_grants', column: 'sealed', place: ['connection_id'] },
    purpose: ({ connection_id: id }) => grantPurpose(text(id)),
  },
  {
    ...{ table: 'setups', column: 'sealed_authorization', place: ['id'] },
    purpose: ({ id }) => setupPurpose(text(id), 'authorization'),
  },
  {
    ...{ table: 'setups', column: 'sealed_code', place: ['id'] },
    purpose: ({ id }) => setupPurpose(text(id), 'code'),
  },
  {
    ...{ table: 'audience_doors', column: 'sealed', place: ['connection_id'] },
    purpose: ({ connection_id: id }) => doorPurpose(text(id)),
  },
  {
    ...{ table: 'alert_settings', column: 'secret', place: [] },
    purpose: () => alertSecretPurpose,
  },
  {
    ...{ table: 'erasures', column: 'person', place: ['id'] },
    purpose: ({ id }) => personPurpose(text(id)),
  },
  {
    ...{ table: 'erasure_key', column: 'sealed', place: [] },
    purpose: () => erasureKeyPurpose,
  },
  {
    ...{ table: 'idempotent_calls', column: 'answer', place: ['hash'] },
    purpose: ({ hash }) => answerPurpose(Buffer.isBuffer(hash) ? hash : Buffer.alloc(0)),
  },
]
