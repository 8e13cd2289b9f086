// How the console is built; bin/console-files.ts says where to. `npm run dev:console` serves it with hot reload.
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `npm run dev:console` finds the API. */
const api = 'http://127.0.0.1:3000'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  // The api puts a fresh nonce here with each page.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // Data URLs would want `font-src data:` and the like in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': api, '/readyz': api, '/openapi.json': api, '/docs': api } },
})
