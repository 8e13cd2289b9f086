/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), however their chunks are cut. */

export interface ServerEvent {
  /** `message` where none is named. */
  event: string
  data: string
  /** The last one given, by this event or one before. */
  id: string | undefined
}

/** Events until the stream ends. `onRetry` hears how long the server wants its readers to wait. */
export async function* serverEvents(
  body: ReadableStream<Uint8Array>,
  onRetry: (ms: number) => void = () => undefined,
): AsyncGenerator<ServerEvent, void> {
  let event = ''
  let data: string[] = []
  let id: string | undefined
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n'), id }
      ;[event, data] = ['', []]
      continue
    }
    const [, field = '', value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? []
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    // A CR at the end may be the first half of a line break.
    const isOpen = rest.endsWith('\r')
    const lines = (isOpen ? rest.slice(0, -1) : rest).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + (isOpen ? '\r' : '')
    yield* lines
  }
}
