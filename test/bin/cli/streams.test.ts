import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { csvRows } from '../../../bin/cli/csv.ts'
import { serverEvents } from '../../../bin/cli/sse.ts'

/** The same text in one piece, and cut at every byte. */
const cuts = (text: string): Buffer[][] => {
  const bytes = Buffer.from(text)
  return [[bytes], Array.from(bytes, (byte) => Buffer.from([byte]))]
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('serverEvents', () => {
  const text =
    'retry: 2000\n: live\n\nid: 1.5\ndata: {"a":"ü"}\n\nevent: missed\nid: 1.9\ndata: {"count":3}\r\n\r\ndata: x\rdata: y\r\r: beat\n\ndata: cut off'
  it.each(cuts(text))('reads events with every line break, however the bytes are cut', async (...chunks) => {
    const waits: number[] = []
    const body = Readable.toWeb(Readable.from(chunks)) as unknown as ReadableStream<Uint8Array>
    expect(await all(serverEvents(body, (ms) => waits.push(ms)))).toEqual([
      { event: 'message', data: '{"a":"ü"}', id: '1.5' },
      { event: 'missed', data: '{"count":3}', id: '1.9' },
      { event: 'message', data: 'x\ny', id: '1.9' },
    ])
    expect(waits).toEqual([2000])
  })
})

describe('csvRows', () => {
  const text = 'kind,detail,count\r\nnote,"says ""no"", twice\nover",1\r\nmessage,ü,\r\nmessage,"",2'
  it.each(cuts(text))('reads quotes, commas, line breaks and a last line without one', async (...chunks) => {
    expect(await all(csvRows(Readable.from(chunks)))).toEqual([
      { kind: 'note', detail: 'says "no", twice\nover', count: '1' },
      { kind: 'message', detail: 'ü' },
      { kind: 'message', count: '2' },
    ])
  })
  it('has no rows where there is a head alone', async () => {
    expect(await all(csvRows(Readable.from([Buffer.from('a,b\r\n')])))).toEqual([])
  })
})
