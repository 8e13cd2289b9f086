#!/usr/bin/env node
// `npx causeway`: registers what runs TypeScript as it is (Node 20), then the command line itself.
import { register } from 'tsx/esm/api'

register()
await import('./main.ts')
