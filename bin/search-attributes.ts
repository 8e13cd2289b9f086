/** Registers our search attributes on any Temporal server: a dev server, a test server, one of the operator's own. */
import type { Connection } from '@temporalio/client'
import { searchAttributes } from '../core/search-attributes.ts'

/** Keyword, in temporal.api.enums.v1.IndexedValueType. */
const keyword = 2

/** gRPC status: the time-skipping server can add attributes but not list them. */
const unimplemented = 12

async function knownAttributes(connection: Connection, namespace: string): Promise<string[]> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    return Object.keys(customAttributes)
  } catch (error) {
    if ((error as { code?: unknown }).code === unimplemented) return []
    throw error
  }
}

/**
 * Makes sure that they are known in the namespace; harmless when they are. To be called before a worker starts, and
 * again when Temporal's database was lost.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const known = await knownAttributes(connection, namespace)
  const missing = searchAttributes.map(({ name }) => name).filter((name) => !known.includes(name))
  if (missing.length === 0) return
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  })
}
