// GET /v1/projects/:writeKey/settings, which Segment serves from cdn.segment.com: the one way to ask whether a write
// key is known (github.com/segmentio/action-destinations, `segment` destination, read 2026-08). Browsers load their
// settings from it, so it carries what Segment's browser SDK needs.
import type { Handler } from 'hono'
import type { SandboxEnv } from '../connection.ts'
import { isKnownWriteKey } from './write-keys.ts'

/** The source's settings; 404 for an unknown write key. */
export function sourceSettings(): Handler<SandboxEnv> {
  return (c) => {
    const writeKey = c.req.param('writeKey') ?? ''
    if (!isKnownWriteKey(writeKey)) return c.json({ message: 'No source has this write key.' }, 404)
    const segmentIo = { apiKey: writeKey, unbundledIntegrations: [], addBundledMetadata: true }
    return c.json({
      integrations: { 'Segment.io': segmentIo },
      plan: { track: { __default: { enabled: true, integrations: {} } } },
      enabledMiddleware: {},
      remotePlugins: [],
    })
  }
}
