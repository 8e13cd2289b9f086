// A list of JSON items kept as text since start or DELETE: each as it was on the wire, oldest first, and streamed when
// it is read, since all of it may be larger than the longest string.

const CHUNK_BYTES = 256 * 1024

export class JsonList {
  #texts: Buffer[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Keeps the text between the brackets of an array of that many items; a copy, so that the request's body can go. */
  add(text: Buffer, count: number): void {
    if (count === 0) return
    this.#texts.push(Buffer.from(text))
    this.#count += count
  }

  forget(): void {
    this.#texts = []
    this.#count = 0
  }

  /** All items as one JSON array. */
  json(): ReadableStream<Uint8Array> {
    const parts = chunksOf(this.#texts.slice())
    return new ReadableStream({
      pull(controller) {
        const next = parts.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value)
      },
    })
  }
}

function* chunksOf(texts: readonly Buffer[]): Generator<Uint8Array, undefined> {
  const comma = Buffer.from(',')
  let chunk: Uint8Array[] = [Buffer.from('[')]
  let bytes = 0
  for (const [index, text] of texts.entries()) {
    if (index > 0) chunk.push(comma)
    chunk.push(text)
    bytes += text.length
    if (bytes < CHUNK_BYTES) continue
    yield Buffer.concat(chunk)
    chunk = []
    bytes = 0
  }
  yield Buffer.concat([...chunk, Buffer.from(']')])
}
