// get_id_lists: which ID lists a server SDK has to load, and the files that hold them.
import type { Handler } from 'hono'
import type { SandboxEnv } from '../connection.ts'
import { isSdkKeyAccepted, sdkKeyOf } from './keys.ts'
import type { SegmentStore } from './segment-store.ts'

/** Answers the lookup of ID lists by name; server SDKs POST it and the CDN form is a GET with the key in the path. */
export function idLists(segments: SegmentStore): Handler<SandboxEnv> {
  return (c) => {
    const key = c.req.param('file')?.replace(/\.json$/, '') ?? sdkKeyOf(c)
    if (!isSdkKeyAccepted(key)) return c.json({ success: false, message: 'A live SDK key is needed.' }, 401)
    const { origin } = new URL(c.req.url)
    const lists = segments.lists().map(({ id, createdAtMs, file }) => [
      id,
      {
        name: id,
        size: file.size,
        url: `${origin}/v1/id_list_files/${id}`,
        creationTime: createdAtMs,
        // A list that is made anew under an old name is another file.
        fileID: `file-${id}-${createdAtMs}`,
      },
    ])
    return c.json(Object.fromEntries(lists))
  }
}

/** A list's file from the byte that `Range` names. No key is asked for: one of the SDKs sends none. */
export function idListFile(segments: SegmentStore): Handler<SandboxEnv> {
  return (c) => {
    const list = segments.get(c.req.param('id') ?? '')
    if (list?.type !== 'id_list') return c.json({ message: 'No such list.' }, 404)
    const from = Number(/^bytes=(\d+)-/.exec(c.req.header('range') ?? '')?.[1] ?? 0)
    const { size } = list.file
    const part = list.file.from(from)
    const headers = { 'content-type': 'text/plain', 'content-length': String(part.length) }
    if (from === 0) return c.body(new Uint8Array(part), 200, headers)
    if (from >= size) return c.body(null, 416, { 'content-range': `bytes */${size}` })
    const range = { 'content-range': `bytes ${from}-${size - 1}/${size}` }
    return c.body(new Uint8Array(part), 206, { ...headers, ...range })
  }
}
