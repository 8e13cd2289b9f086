import { EventEmitter } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { listenForStop } from '../../../bin/launcher/stop-request.ts'
import { eventually } from './fake-programs.ts'

const listening = (ourParent?: () => number) => {
  const terminal = new EventEmitter()
  const request = listenForStop(terminal, ourParent)
  onTestFinished(() => request.release())
  return { terminal, request }
}

describe('listenForStop', () => {
  it.each([
    ['SIGINT', 'Ctrl-C'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGHUP'],
  ])('takes %s for a request to stop', (signal, reason) => {
    const { terminal, request } = listening()
    terminal.emit(signal)
    expect(request.asked.reason).toBe(reason)
    expect(request.urgent.aborted).toBe(false)
  })

  it('takes one Ctrl-C, which npm passes on a second time, for one', () => {
    const { terminal, request } = listening()
    terminal.emit('SIGINT')
    terminal.emit('SIGINT')
    expect(request.urgent.aborted).toBe(false)
  })

  it('takes a second Ctrl-C for a request to end at once', async () => {
    const { terminal, request } = listening()
    terminal.emit('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 800))
    terminal.emit('SIGINT')
    terminal.emit('SIGINT')
    expect(request.urgent.aborted).toBe(true)
  })

  it('takes the end of the npm that started us for a request to stop', async () => {
    vi.stubEnv('npm_lifecycle_event', 'start')
    onTestFinished(() => void vi.unstubAllEnvs())
    let parent = 4711
    const { request } = listening(() => parent)
    parent = 1
    await eventually('the request', () => request.asked.aborted)
    expect(request.asked.reason).toBe('npm has ended')
  })
})
