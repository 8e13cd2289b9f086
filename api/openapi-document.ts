/** The OpenAPI document without a running api: what `npm run generate` writes and tests compare. */
import { BlockList } from 'node:net'
import { createApp } from './app.ts'
import type { ApiDeps } from './deps.ts'
import { documentInfo } from './routes/docs.ts'

/** The document as /openapi.json answers it. Describing routes calls no dependency, so none is made. */
export function openApiDocument(): object {
  const ignore = () => undefined
  const unused = {
    log: { info: ignore, warn: ignore, error: ignore },
    store: {},
    trustedProxies: new BlockList(),
    config: { apiKeyHash: Buffer.alloc(32) },
  } as unknown as ApiDeps
  return createApp(unused).getOpenAPI31Document(documentInfo)
}
