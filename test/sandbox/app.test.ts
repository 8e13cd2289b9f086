import { describe, expect, it } from 'vitest'
import { inProcess } from './sandbox-client.ts'

describe('createSandbox', () => {
  it('is healthy at once', async () => {
    expect((await inProcess().ask('/healthz')).status).toBe(200)
  })

  it('starts with empty lists', async () => {
    const sandbox = inProcess()
    expect(await sandbox.events()).toEqual([])
    expect(await sandbox.requests()).toEqual([])
  })

  it('answers 404 in JSON to a path and to a method that it does not have', async () => {
    const sandbox = inProcess()
    for (const path of ['/v1/nothing', '/v1/log_event']) {
      const answer = await sandbox.ask(path)
      expect(answer.status).toBe(404)
      expect(await answer.json()).toEqual({ message: `The sandbox has no GET ${path}.` })
    }
  })

  it('forgets events, requests and faults on DELETE', async () => {
    const sandbox = inProcess()
    await sandbox.logEvents([{ eventName: 'a' }])
    await sandbox.addFault({ target: 'statsig.log_event', status: 503 })
    expect((await sandbox.ask('/_sandbox', { method: 'DELETE' })).status).toBe(204)
    expect(await sandbox.events()).toEqual([])
    expect(await sandbox.requests()).toEqual([])
    expect((await sandbox.logEvents([{ eventName: 'b' }])).status).toBe(202)
    expect(await sandbox.events()).toEqual([{ eventName: 'b' }])
  })

  it('says how many events it holds without sending them', async () => {
    const sandbox = inProcess()
    await sandbox.logEvents([{ eventName: 'a' }, { eventName: 'b' }])
    await sandbox.logEvents([])
    const answer = await sandbox.ask('/_sandbox/statsig/events', { method: 'HEAD' })
    expect(answer.headers.get('x-event-count')).toBe('2')
    expect(await answer.text()).toBe('')
  })

  it('lists more events than one chunk of the answer holds, oldest first', async () => {
    const sandbox = inProcess()
    const sent = Array.from({ length: 3_000 }, (_, index) => ({
      eventName: 'many',
      value: index,
      pad: 'x'.repeat(200),
    }))
    for (let start = 0; start < sent.length; start += 7) await sandbox.logEvents(sent.slice(start, start + 7))
    expect(await sandbox.events()).toEqual(sent)
  })
})
