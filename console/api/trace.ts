/** What the tester answers: the same mapping as the live path's, told step by step. */
import { call } from './client.ts'
import type { components } from './schema.d.ts'

export type Trace = components['schemas']['TestTrace']

export const testMessage = (
  connectionId: string,
  body: { message: unknown; lane?: string; send?: boolean },
) => call<Trace>('POST', `/connections/${connectionId}/test`, { body })
