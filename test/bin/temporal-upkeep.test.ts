// A Temporal server of the operator's own: nobody registers anything there but us.
import { createServer } from 'node:net'
import { Connection } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { lookAfterTemporal, prepareTemporal, type UpkeepOptions } from '../../bin/temporal-upkeep.ts'
import { searchAttributes } from '../../core/search-attributes.ts'
import { RecordingLog } from '../support/fake-deps.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** An empty server: everything it is told is in memory. */
const emptyServer = (port: number): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: inject('temporalCli') },
      log: { format: 'pretty', level: 'error' },
      port,
    },
  })

const ours = searchAttributes.map(({ name }): string => name).sort()
async function known(connection: Connection): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' })
  return Object.keys(customAttributes)
    .filter((name) => ours.includes(name))
    .sort()
}
async function schedules({ client }: TestWorkflowEnvironment): Promise<string[]> {
  const ids: string[] = []
  for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId)
  ids.sort()
  return ids
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const startedMs = Date.now(); !(await isSo().catch(() => false));) {
    if (Date.now() - startedMs > 20_000) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

describe('lookAfterTemporal', () => {
  it('makes attributes and Schedule again on a server that lost its database, on the connection it has', async () => {
    const port = await freePort()
    const log = new RecordingLog()
    const options: UpkeepOptions = { namespace: 'default', withSchedules: true, log }
    const connection = Connection.lazy({ address: `127.0.0.1:${port}` })
    const before = await emptyServer(port)
    expect(await known(connection)).toEqual([])
    await prepareTemporal(connection, options)
    expect(await known(connection)).toEqual(ours)
    const stop = lookAfterTemporal(connection, options, 200)
    await before.teardown()
    await until(async () => log.lines.length > 0)

    const after = await emptyServer(port)
    onTestFinished(() => after.teardown())
    await until(async () => (await known(after.connection)).length === ours.length)
    await until(async () => (await schedules(after)).length > 1)
    expect(await schedules(after)).toEqual(['housekeeping', 'reconcile-audiences'])
    await stop()
    expect(log.lines.map(({ fields }) => fields.event)).toEqual(['temporal.upkeep_failed'])
  })

  it('leaves the Schedules to the process whose business they are', async () => {
    const port = await freePort()
    const server = await emptyServer(port)
    onTestFinished(() => server.teardown())
    await prepareTemporal(server.connection, { namespace: 'default', withSchedules: false })
    expect(await known(server.connection)).toEqual(ours)
    expect(await schedules(server)).toEqual([])
  })
})
