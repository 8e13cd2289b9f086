import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readLines } from '../../clients/archive-lines.ts'

/** A file in pieces of so many bytes, as a disk or a network hands it out. */
const inPieces = (bytes: Uint8Array, size = 7) =>
  async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

async function read(bytes: Uint8Array, offset = 0, size = 7) {
  const lines: string[] = []
  const oddities: string[] = []
  const notes: string[] = []
  const ends: number[] = []
  for await (const found of readLines(inPieces(bytes, size), offset)) {
    if ('note' in found) notes.push(found.note)
    else
      for (const line of found) {
        lines.push(line.bytes.toString())
        oddities.push(...line.oddities)
        ends.push(line.end)
      }
  }
  return { lines, oddities, notes, ends }
}

const plain = (lines: string[]) => ({ lines, oddities: [], notes: [] })

describe('readLines', () => {
  it('cuts a file into its lines, wherever the pieces of it end', async () => {
    const bytes = gzipSync('{"a":1}\n{"b":"ü"}\n')
    for (const size of [1, 3, 10_000])
      expect(await read(bytes, 0, size)).toMatchObject(plain(['{"a":1}', '{"b":"ü"}']))
  })

  it('reads several gzip members as one text, and says that there are several', async () => {
    const bytes = Buffer.concat([gzipSync('{"a":1}\n{"b'), gzipSync('":2}\n'), gzipSync('{"c":3}\n')])
    const expected = { lines: ['{"a":1}', '{"b":2}', '{"c":3}'], notes: ['several_members'] }
    for (const size of [1, 7, 10_000]) expect(await read(bytes, 0, size)).toMatchObject(expected)
  })

  it('takes the head of a member for no head where it is text', async () => {
    const head = Buffer.from([0x1f, 0x8b, 0x08, 0x77])
    expect(await read(gzipSync(Buffer.concat([head, Buffer.from('x\n')]), { level: 0 }))).toMatchObject({
      notes: [],
    })
  })

  it('gives what stands before a cut, and names the cut', async () => {
    const text = Array.from({ length: 500 }, (_, n) =>
      JSON.stringify({ n, text: randomBytes(40).toString('hex') }),
    )
    const whole = gzipSync(text.join('\n'))
    const { lines, notes } = await read(whole.subarray(0, Math.floor(whole.length / 2)), 0, 1_000)
    expect(notes).toEqual(['cut'])
    expect(lines.length).toBeGreaterThan(200)
    expect(lines.slice(0, -1)).toEqual(text.slice(0, lines.length - 1))
  })

  it('gives what stands before broken bytes, and names them', async () => {
    const text = Array.from({ length: 3_000 }, (_, n) =>
      JSON.stringify({ n, text: randomBytes(40).toString('hex') }),
    )
    const bytes = gzipSync(text.join('\n'))
    const middle = Math.floor(bytes.length / 2)
    bytes.fill(0xff, middle, middle + 100)
    const { lines, notes } = await read(bytes, 0, 10_000)
    expect(notes).toEqual(['corrupt'])
    // What is broken may still unpack, to something that is no JSON: what stands before it is whole.
    expect(lines.slice(0, 1_400)).toEqual(text.slice(0, 1_400))
  })

  it('takes away marks, carriage returns and blanks, and counts each', async () => {
    const { lines, oddities } = await read(gzipSync('\uFEFF{"a":1}\r\n \t\n\n{"b":2}\n\uFEFF{"c":3}\n'))
    expect(lines).toEqual(['{"a":1}', '', '', '{"b":2}', '{"c":3}'])
    expect(oddities).toEqual(['crlf', 'bom', 'blank', 'blank', 'bom'])
  })

  it('names a missing last line break, and reads the line', async () => {
    expect(await read(gzipSync('{"a":1}\n{"b":2}'))).toMatchObject({
      lines: ['{"a":1}', '{"b":2}'],
      oddities: ['no_last_newline'],
      notes: [],
    })
  })

  it('leaves separators of other programs inside their message, and counts the lines that hold them', async () => {
    const text = ['{"t":"a\u2028b\u2029c"}', '{"t":"a\u0085b"}', '{"t":"é\u2030"}']
    for (const size of [1, 7, 10_000])
      expect(await read(gzipSync(`${text.join('\n')}\n`), 0, size)).toMatchObject({
        lines: text,
        oddities: ['separator_in_text', 'separator_in_text'],
      })
  })

  it('goes on from where a line ended', async () => {
    const bytes = gzipSync('{"a":1}\r\n{"b":2}\n{"c":3}\n')
    const { ends } = await read(bytes)
    expect(await read(bytes, ends[0])).toMatchObject(plain(['{"b":2}', '{"c":3}']))
    expect(await read(bytes, ends[2])).toMatchObject(plain([]))
  })

  it('keeps the beginning of a line that has no end, and the lines behind it', async () => {
    const bytes = gzipSync(`{"a":"${'x'.repeat(3_000_000)}"}\n{"b":2}\n`)
    const { lines, oddities } = await read(bytes, 0, 1_000)
    expect(lines.map((line) => line.length)).toEqual([2_048, 7])
    expect(oddities).toEqual(['line_too_long'])
  })

  it('says that a file is empty, as a file and as a text', async () => {
    expect(await read(new Uint8Array())).toMatchObject({ lines: [], notes: ['empty'] })
    expect(await read(gzipSync(''))).toMatchObject({ lines: [], notes: ['empty'] })
  })

  it('names a file that is no gzip', async () => {
    expect(await read(Buffer.from('{"a":1}\n'))).toMatchObject({ lines: [], notes: ['corrupt', 'empty'] })
  })
})
