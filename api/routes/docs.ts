/** /openapi.json and a reference page at /docs, served from our own files: no other host is asked. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'

export const documentInfo = {
  openapi: '3.1.0',
  info: {
    title: 'Causeway',
    version: '0.1.0',
    description: 'A self-hosted, durable two-way bridge between Segment and Statsig: the control plane.',
  },
  security: [{ bearer: [] }],
}

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Causeway API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', persistAuthorization: false, validatorUrl: null })`

const assets: Record<string, string> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
}

export function registerDocs(app: OpenAPIHono): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  app.doc31('/openapi.json', documentInfo)
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  app.get('/docs', (c) => {
    c.header(
      'content-security-policy',
      `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'`,
    )
    return c.html(page)
  })
  app.get('/docs/start.js', (c) => c.body(start, 200, { 'content-type': 'text/javascript' }))
  for (const [name, type] of Object.entries(assets)) {
    app.get(`/docs/${name}`, async (c) =>
      c.body(new Uint8Array(await readFile(join(folder, name))), 200, { 'content-type': type }),
    )
  }
}
