// get_id_lists: which ID lists a server SDK has to load. The sandbox's project has none yet.
import type { Handler } from 'hono'
import type { SandboxEnv } from '../connection.ts'
import { isSdkKeyAccepted, sdkKeyOf } from './keys.ts'

/** Answers the lookup of ID lists by name; server SDKs POST it and the CDN form is a GET with the key in the path. */
export function idLists(): Handler<SandboxEnv> {
  return (c) => {
    const key = c.req.param('file')?.replace(/\.json$/, '') ?? sdkKeyOf(c)
    if (!isSdkKeyAccepted(key)) return c.json({ success: false, message: 'A live SDK key is needed.' }, 401)
    return c.json({})
  }
}
