import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundle, quiet } from './support.ts'

const folder = fileURLToPath(new URL('./histories', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
const read = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8')

let workflowBundle: WorkflowBundleWithSourceMap

beforeAll(async () => {
  quiet()
  workflowBundle = await bundle()
})

describe('recorded histories', () => {
  it('exist for every ending of a lane', () => {
    const endings = files.map((name) => name.split('.')[1])
    expect(endings).toEqual(
      expect.arrayContaining([
        'asleep',
        'continued-as-new',
        'done',
        'needs-attention-then-resumed',
        'outage',
        'paused-then-resumed',
      ]),
    )
  })

  it.each(['replayBackfill', 'exportOutbound', 'redriveMessages'])('exist for the job %s', (workflow) => {
    const endings = files.filter((name) => name.startsWith(`${workflow}.`)).map((name) => name.split('.')[1])
    const wanted = ['completed']
    if (workflow === 'replayBackfill') wanted.push('cancelled', 'failed', 'paused-then-resumed', 'planned')
    expect(endings).toEqual(expect.arrayContaining(wanted))
  })

  it('exist for every ending of a set-up, and for a removal', () => {
    const names = files.map((name) => name.split('.').slice(0, 2).join('.'))
    expect(names).toEqual(
      expect.arrayContaining([
        ...['active', 'failed', 'cancelled', 'by-hand'].map((ending) => `connectSegment.${ending}`),
        'disconnectSegment.done',
      ]),
    )
  })

  it.each(files)('replay on the workflows of today: %s', async (name) => {
    await Worker.runReplayHistory({ workflowBundle }, JSON.parse(read(name)), `lane:con_test:events`)
  })

  it('fail the replay when an activity has another name, so that the replay proves something', async () => {
    const spoilt = read('drainLane.asleep.1.24.0.json').replaceAll('"name": "drain"', '"name": "empty"')
    expect(spoilt).toContain('"name": "empty"')
    const replay = Worker.runReplayHistory({ workflowBundle }, JSON.parse(spoilt), 'lane:con_test:events')
    await expect(replay).rejects.toThrow(DeterminismViolationError)
  })

  it('carry no message, no user and no key', () => {
    for (const name of files) {
      const payloads = [...read(name).matchAll(/"data": *"([^"]*)"/g)].map(([, data]) =>
        Buffer.from(data ?? '', 'base64').toString(),
      )
      const text = payloads.join('\n') + read(name)
      expect(text).not.toMatch(
        /secret-|Order Completed|"u1"|m-u1|good-code|verifier-1|state-1|access-1|refresh-1/,
      )
    }
  })
})
