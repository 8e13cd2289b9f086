import { describe, expect, it } from 'vitest'
import { inProcess } from './sandbox-client.ts'

const outage = { target: 'statsig.log_event', status: 503 }

describe('faults', () => {
  it('refuses with status and Retry-After until the faults are deleted', async () => {
    const sandbox = inProcess()
    expect((await sandbox.addFault({ ...outage, retryAfterSeconds: 7 })).status).toBe(204)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await sandbox.logEvents([{ eventName: 'a' }])
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('7')
      expect(await answer.json()).toMatchObject({ success: false, status: 503 })
    }
    expect((await sandbox.ask('/_sandbox/faults', { method: 'DELETE' })).status).toBe(204)
    expect((await sandbox.logEvents([{ eventName: 'b' }])).status).toBe(202)
    expect(await sandbox.events()).toEqual([{ eventName: 'b' }])
    expect((await sandbox.requests()).map(({ status }) => status)).toEqual([503, 503, 503, 202])
  })

  it('uses faults up in the order in which they came, one for each request', async () => {
    const sandbox = inProcess()
    await sandbox.addFault({ ...outage, times: 2 })
    await sandbox.addFault({ ...outage, status: 429, times: 1 })
    const statuses = []
    for (let attempt = 0; attempt < 4; attempt += 1) statuses.push((await sandbox.logEvents([{}])).status)
    expect(statuses).toEqual([503, 503, 429, 202])
  })

  it('lists what is in force, with what is left of it', async () => {
    const sandbox = inProcess()
    await sandbox.addFault({ ...outage, times: 3 })
    await sandbox.addFault({ target: 'segment.api', hangUp: true })
    await sandbox.logEvents([{}])
    expect(await (await sandbox.ask('/_sandbox/faults')).json()).toEqual([
      { ...outage, times: 2 },
      { target: 'segment.api', hangUp: true },
    ])
  })

  it('leaves other targets alone', async () => {
    const sandbox = inProcess()
    await sandbox.addFault({ target: 'segment.batch', status: 500 })
    expect((await sandbox.logEvents([{}])).status).toBe(202)
  })

  it('delays and then answers as usual when only a delay is given', async () => {
    const sandbox = inProcess()
    await sandbox.addFault({ target: 'statsig.log_event', delayMs: 60, times: 1 })
    const startedAtMs = performance.now()
    expect((await sandbox.logEvents([{ eventName: 'slow' }])).status).toBe(202)
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(55)
    expect(await sandbox.events()).toEqual([{ eventName: 'slow' }])
  })

  it('refuses only the batches that hold the event named by whenEvent', async () => {
    const sandbox = inProcess()
    await sandbox.addFault({ ...outage, status: 400, whenEvent: 'poison' })
    await sandbox.addFault({ ...outage, times: 1 })
    expect((await sandbox.logEvents([{ eventName: 'good' }, { eventName: 'poison' }])).status).toBe(400)
    expect((await sandbox.logEvents([{ eventName: 'good' }])).status).toBe(503)
    expect((await sandbox.logEvents([{ eventName: 'good' }, null, 1])).status).toBe(202)
    expect((await sandbox.logEvents([{ eventName: 'poison' }])).status).toBe(400)
  })

  it('comes before the judgement of key and body, as an outage does', async () => {
    const sandbox = inProcess()
    await sandbox.addFault({ ...outage, times: 2 })
    expect((await sandbox.logEvents([{}], { key: 'secret-revoked' })).status).toBe(503)
    expect((await sandbox.logEvents([], { body: 'not json' })).status).toBe(503)
    expect((await sandbox.logEvents([{}], { key: 'secret-revoked' })).status).toBe(401)
  })

  it.each([
    ['an unknown target', { ...outage, target: 'statsig.events' }, /Invalid option/],
    ['an unknown field', { ...outage, retries: 3 }, /Unrecognized key/],
    ['no effect at all', { target: 'statsig.log_event', times: 1 }, /needs a status, a delayMs or hangUp/],
    ['a status that is no refusal', { ...outage, status: 200 }, />=400/],
    ['a status besides hangUp', { ...outage, hangUp: true }, /either answers with a status or hangs up/],
    [
      'Retry-After without a status',
      { target: 'statsig.console', delayMs: 1, retryAfterSeconds: 1 },
      /goes with a status/,
    ],
    [
      'whenEvent on another target',
      { target: 'statsig.console', status: 400, whenEvent: 'a' },
      /goes with the target/,
    ],
    ['times of zero', { ...outage, times: 0 }, />0/],
    ['a list', [outage], /expected object/],
  ])('refuses %s with 400 and the reason', async (_, fault, reason) => {
    const sandbox = inProcess()
    const answer = await sandbox.addFault(fault)
    expect(answer.status).toBe(400)
    const { issues } = (await answer.json()) as { issues: { message: string }[] }
    expect(issues[0]?.message).toMatch(reason)
    expect(await (await sandbox.ask('/_sandbox/faults')).json()).toEqual([])
  })

  it('refuses a fault that is not JSON', async () => {
    expect((await inProcess().ask('/_sandbox/faults', { method: 'POST', body: '{' })).status).toBe(400)
  })
})
