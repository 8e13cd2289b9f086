import { describe, expect, it } from 'vitest'
import { createLog } from '../../bin/log.ts'
import { REDACTED } from '../../core/redact.ts'

const key = 'secret-AbCdEf0123456789AbCdEf0123456789AbCdEf012'

function lineOf(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLog('test', 'info', { write: (line) => void lines.push(line) }))
  return JSON.parse(lines.join('')) as Record<string, unknown>
}

describe('createLog', () => {
  it('cuts secrets out of fields, however deep they lie, and keeps the rest', () => {
    const line = lineOf((log) =>
      log.info({ event: 'x', a: { b: [{ authorization: 'Basic abc', n: 1 }] } }, 'x'),
    )
    expect(line).toMatchObject({
      name: 'test',
      event: 'x',
      msg: 'x',
      a: { b: [{ authorization: REDACTED, n: 1 }] },
    })
  })

  it('cuts a secret out of a message', () => {
    expect(lineOf((log) => log.warn({}, `sent ${key} away`)).msg).toBe(`sent ${REDACTED} away`)
    expect(lineOf((log) => log.warn(`sent ${key} away`)).msg).toBe(`sent ${REDACTED} away`)
  })

  it('cuts a secret out of an error, its cause and its fields, and keeps its type', () => {
    const error = Object.assign(new TypeError(`refused ${key}`, { cause: new Error(`by Bearer ${key}`) }), {
      token: 'abc',
    })
    const { error: logged } = lineOf((log) => log.error({ event: 'failed', error }, 'failed'))
    expect(JSON.stringify(logged)).not.toContain(key)
    expect(logged).toMatchObject({ type: 'TypeError', token: REDACTED })
    expect((logged as { message: string }).message).toContain(`refused ${REDACTED}`)
  })

  it('keeps an error that is told as text as it is, but for its secrets', () => {
    const { error } = lineOf((log) =>
      log.warn({ event: 'failed', error: `BridgeError: with ${key}` }, 'failed'),
    )
    expect(error).toBe(`BridgeError: with ${REDACTED}`)
  })
})
