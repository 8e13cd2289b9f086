// Cases of ConnectionStore.
import { describe, expect, it } from 'vitest'
import { standingLanes } from '../../../core/lanes.ts'
import { ConnectionSettings } from '../../../core/settings.ts'
import { create, request, startMs } from './requests.ts'
import { laneOf, openLane, openWorld, type OpenStorePair } from './world.ts'

export function connectionCases(open: OpenStorePair): void {
  describe('connections', () => {
    it('shows the other process what was created, with its lanes asleep and empty', async () => {
      const { a, b, connection } = await openWorld(open)
      expect(await b.connections.get('con_1')).toEqual(connection)
      expect(connection).toMatchObject({
        name: 'con_1',
        writeKey: 'write-con_1',
        settingsVersion: 1,
        paused: false,
        keys: ['statsig.serverKey'],
        createdAtMs: startMs,
        updatedAtMs: startMs,
      })
      const lanes = await b.connections.lanes('con_1')
      expect(lanes.map(({ lane }) => lane)).toEqual(standingLanes)
      expect(lanes.every(({ state, pending }) => state === 'asleep' && pending === 0)).toBe(true)
      expect(await a.connections.byWriteKey('write-con_1')).toBe('con_1')
    })

    it('answers undefined for what is not there and throws not_found for a change of it', async () => {
      const { a } = await openWorld(open)
      expect(await a.connections.get('con_9')).toBeUndefined()
      expect(await a.connections.byWriteKey('write-con_9')).toBeUndefined()
      expect(await a.connections.openKey('con_9', 'statsig.serverKey')).toBeUndefined()
      expect(await a.connections.settingsAt('con_1', 2)).toBeUndefined()
      await expect(a.connections.update('con_9', { name: 'x' }, startMs)).rejects.toMatchObject({
        code: 'not_found',
      })
    })

    it('lists oldest first, in pages', async () => {
      const { a, b } = await openWorld(open)
      // Neither in the order of their ids nor of their times.
      await create(b, { id: 'con_0', nowMs: startMs - 1 })
      await create(a, { id: 'con_2' })
      const first = await a.connections.list({ limit: 2 })
      expect(first.map(({ id }) => id)).toEqual(['con_1', 'con_0'])
      const second = await a.connections.list({ after: 'con_0', limit: 2 })
      expect(second.map(({ id }) => id)).toEqual(['con_2'])
    })

    it('changes what a change names and nothing else', async () => {
      const { a, b, connection } = await openWorld(open)
      const after = await b.connections.update('con_1', { name: 'Shop' }, startMs + 5)
      expect(after).toEqual({ ...connection, name: 'Shop', updatedAtMs: startMs + 5 })
      expect(await a.connections.get('con_1')).toEqual(after)
    })

    it('keeps every version of the settings readable, and makes one only when they change', async () => {
      const { a, b } = await openWorld(open)
      const settings = ConnectionSettings.parse({ environment: 'staging' })
      await a.connections.update('con_1', { settings }, startMs)
      const after = await a.connections.update('con_1', { name: 'Shop' }, startMs)
      expect(after).toMatchObject({ settingsVersion: 2, settings })
      expect(await b.connections.settingsAt('con_1', 1)).toEqual(ConnectionSettings.parse({}))
      expect(await b.connections.settingsAt('con_1', 2)).toEqual(settings)
    })

    it('gives a write key to one connection', async () => {
      const { a, b } = await openWorld(open)
      const second = create(b, { id: 'con_2', writeKey: 'write-con_1' })
      await expect(second).rejects.toMatchObject({ code: 'write_key_in_use' })
      expect(await a.connections.get('con_2')).toBeUndefined()
      expect(await a.connections.lanes('con_2')).toEqual([])
    })

    it('gives a Statsig key to one connection and one kind, and writes nothing of a change that is refused', async () => {
      const { a, b } = await openWorld(open)
      const inUse = { code: 'key_in_use' }
      const second = create(b, { id: 'con_2', keys: { 'statsig.clientKey': 'secret-con_1' } })
      await expect(second).rejects.toMatchObject(inUse)
      expect(await a.connections.get('con_2')).toBeUndefined()
      const change = { name: 'Shop', keys: { 'statsig.consoleKey': 'secret-con_1' } }
      await expect(b.connections.update('con_1', change, startMs)).rejects.toMatchObject(inUse)
      expect(await a.connections.get('con_1')).toMatchObject({ name: 'con_1', keys: ['statsig.serverKey'] })
    })

    it('takes the same key again, and lets another connection have it once it is removed', async () => {
      const { a, b } = await openWorld(open)
      const again = { keys: { 'statsig.serverKey': 'secret-con_1' } }
      expect(await a.connections.update('con_1', again, startMs)).toMatchObject({ status: 'active' })
      const removed = await a.connections.update('con_1', { keys: { 'statsig.serverKey': null } }, startMs)
      expect(removed).toMatchObject({ keys: [], status: 'new' })
      expect(await a.connections.openKey('con_1', 'statsig.serverKey')).toBeUndefined()
      await create(b, { id: 'con_2', keys: { 'statsig.serverKey': 'secret-con_1' } })
      expect(await a.connections.openKey('con_2', 'statsig.serverKey')).toBe('secret-con_1')
    })

    it('opens a key as the other process has just replaced it', async () => {
      const { a, b } = await openWorld(open)
      expect(await b.connections.openKey('con_1', 'statsig.serverKey')).toBe('secret-con_1')
      await a.connections.update('con_1', { keys: { 'statsig.serverKey': 'secret-ñ' } }, startMs)
      expect(await b.connections.openKey('con_1', 'statsig.serverKey')).toBe('secret-ñ')
    })

    it('holds its own write key and its server key of now, and no other text', async () => {
      const { a, b } = await openWorld(open)
      await create(b, { id: 'con_2' })
      const keys = { 'statsig.clientKey': 'client-1', 'segment.sharedSecret': 'shared' } as const
      await b.connections.update('con_1', { keys }, startMs)
      const holds = (key: string, id = 'con_1') => a.connections.holdsKey(id, key)
      expect([await holds('write-con_1'), await holds('secret-con_1')]).toEqual([true, true])
      for (const key of ['', 'write-con_2', 'secret-con_2', 'client-1', 'shared', 'WRITE-CON_1', 'con_1'])
        expect([key, await holds(key)]).toEqual([key, false])
      expect(await holds('write-con_1', 'con_9')).toBe(false)
      await b.connections.update('con_1', { keys: { 'statsig.serverKey': 'secret-new' } }, startMs)
      expect([await holds('secret-con_1'), await holds('secret-new')]).toEqual([false, true])
      await b.connections.update('con_1', { keys: { 'statsig.serverKey': null } }, startMs)
      expect([await holds('secret-new'), await holds('write-con_1')]).toEqual([false, true])
    })

    it('lets two connections have the same Segment secret', async () => {
      const { a } = await openWorld(open)
      const keys = { 'segment.writeKey': 'same' } as const
      await a.connections.update('con_1', { keys }, startMs)
      expect((await create(a, { id: 'con_2', keys })).keys).toEqual(['segment.writeKey'])
    })

    it('is new without a server key and active with one', async () => {
      const { a } = await openWorld(open)
      expect(await create(a, { id: 'con_2', keys: {} })).toMatchObject({ status: 'new' })
      const keys = { 'statsig.serverKey': 'secret-2' }
      expect(await a.connections.update('con_2', { keys }, startMs)).toMatchObject({ status: 'active' })
    })
  })

  describe('connections that are held', () => {
    it('need attention until a key that the lane uses is set, also the same one', async () => {
      const { a, b } = await openWorld(open)
      await b.inbox.append(request(['m1']))
      await b.lanes.hold(await openLane(b), 'needs_attention', 'refused', startMs)
      expect(await a.connections.get('con_1')).toMatchObject({ status: 'needs_attention' })
      expect(await laneOf(a)).toMatchObject({ state: 'needs_attention', reason: 'refused' })

      const other = { keys: { 'statsig.consoleKey': 'console-1' } }
      expect(await a.connections.update('con_1', other, startMs)).toMatchObject({ status: 'needs_attention' })

      const same = { keys: { 'statsig.serverKey': 'secret-con_1' } }
      expect(await a.connections.update('con_1', same, startMs)).toMatchObject({ status: 'active' })
      expect(await laneOf(b)).toMatchObject({ state: 'asleep', reason: undefined, pending: 1 })
    })

    it('go on as they are when a key is set that they did not wait for', async () => {
      const { a, b } = await openWorld(open)
      await openLane(b)
      await a.connections.update('con_1', { keys: { 'statsig.serverKey': 'secret-new' } }, startMs)
      expect(await laneOf(b)).toMatchObject({ state: 'running' })
    })

    it('stop apart: a lane that needs attention leaves the others open', async () => {
      const { a } = await openWorld(open)
      await a.lanes.hold(await openLane(a, 'events'), 'needs_attention', 'refused', startMs)
      expect(await a.lanes.open('con_1', 'audiences', startMs)).toMatchObject({ lane: 'audiences' })
    })

    it('put their lanes to sleep when the pause ends, but for lanes with a pause of their own', async () => {
      const { a, b } = await openWorld(open)
      await a.connections.update('con_1', { paused: true, lanePauses: { late: true } }, startMs)
      for (const lane of ['events', 'late'] as const) await b.lanes.open('con_1', lane, startMs)
      expect(await laneOf(a, 'events')).toMatchObject({ state: 'paused', paused: false })
      await a.connections.update('con_1', { paused: false }, startMs)
      expect(await laneOf(b, 'events')).toMatchObject({ state: 'asleep' })
      expect(await laneOf(b, 'late')).toMatchObject({ state: 'paused', paused: true })
      await a.connections.update('con_1', { lanePauses: { late: false } }, startMs)
      expect(await laneOf(b, 'late')).toMatchObject({ state: 'asleep', paused: false })
    })

    it('go on needing attention when a pause comes and goes', async () => {
      const { a, b } = await openWorld(open)
      await b.lanes.hold(await openLane(b), 'needs_attention', 'refused', startMs)
      await a.connections.update('con_1', { paused: true }, startMs)
      expect(await b.lanes.open('con_1', 'events', startMs)).toMatchObject({ held: 'needs_attention' })
      const after = await a.connections.update('con_1', { paused: false }, startMs)
      expect(after.status).toBe('needs_attention')
      expect(await laneOf(a)).toMatchObject({ state: 'needs_attention', reason: 'refused' })
    })
  })
}
