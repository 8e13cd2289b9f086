import { describe, expect, it } from 'vitest'
import { createKeyRing } from '../../db/key-ring.ts'
import { beginRotation, finishRotation, reseal, ringOf } from '../../db/rotate-master-key.ts'
import { sealedColumns } from '../../db/sealed-columns.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { createStore } from '../../db/store.ts'
import { create } from './suite/requests.ts'
import { openForTest, temporaryFile } from './temporary.ts'

const [oldKey, newKey, thirdKey] = [1, 2, 3].map((n) => Buffer.alloc(32, n)) as [Buffer, Buffer, Buffer]
const idOf = (key: Buffer) => createSecretBox(key).keyId
const storeWith = (path: string, key: Buffer) => createStore(openForTest(path), createSecretBox(key))
const unreadable = { code: 'secret_unreadable' }

/** One secret in every sealed column, put there by the Store. */
async function fillEverything(path: string): Promise<void> {
  const store = storeWith(path, oldKey)
  await create(store)
  await store.connections.update('con_1', { keys: { 'segment.sharedSecret': 'shared-1' } }, 1)
  const tokens = { accessToken: 'access-1', refreshToken: 'refresh-1', expiresAtMs: 1, sources: undefined }
  await store.grants.put('con_1', tokens, 1)
  const authorization = { state: 'state-1', verifier: 'verifier-1', url: 'http://segment.test/' }
  const setup = { id: 'set_1', connectionId: 'con_1', kind: 'oauth', authorization } as const
  await store.setups.begin({ ...setup, expiresAtMs: 9, nowMs: 1 })
  await store.setups.takeConsent('state-1', 'code-1', 1)
  await store.setups.sendConsent('set_1', 1)
  await store.audiences.doorSecret('con_1', 'door-1')
  await store.alerts.change({ url: 'https://hooks.test/', secret: 'alert-secret-16x' }, 1)
  const erasure = {
    id: 'era_1',
    connectionId: 'con_1',
    person: { userId: 'user-1' },
    origin: 'call',
  } as const
  await store.erasures.create({ ...erasure, nowMs: 1 })
  await store.idempotency.begin({ ...call, nowMs: 1, lostSinceMs: 0, keptSinceMs: 0 })
  await store.idempotency.finish(call.hash, answer)
}
const call = { hash: Buffer.alloc(32, 9), bodyHash: Buffer.alloc(32, 8) }
const answer = { status: 201, contentType: 'application/json', body: '{"key":"cw_1"}' }

/** Every secret, as a process with this key reads it. */
async function readEverything(path: string, key: Buffer) {
  const { connections, grants, setups, audiences, alerts, erasures, idempotency } = storeWith(path, key)
  return [
    await connections.openKey('con_1', 'statsig.serverKey'),
    await connections.openKey('con_1', 'segment.sharedSecret'),
    (await grants.get('con_1'))?.accessToken,
    await setups.sendConsent('set_1', 2),
    await audiences.doorSecret('con_1', 'another'),
    await alerts.openSecret(),
    await erasures.person('era_1'),
    await idempotency.begin({ ...call, nowMs: 2, lostSinceMs: 0, keptSinceMs: 0 }),
  ]
}

async function resealAll(path: string, key: Buffer, to: Buffer): Promise<string[]> {
  const db = openForTest(path)
  const seen: string[] = []
  for await (const { table, column, done } of reseal(db, ringOf(db, key), idOf(to)))
    if (done > 0) seen.push(`${table}.${column}`)
  return seen
}

describe('a rotation of the master key', () => {
  it('seals every column anew, and each key reads all of it until it is finished, then the new one alone', async () => {
    const path = temporaryFile()
    await fillEverything(path)
    const before = await readEverything(path, oldKey)
    await beginRotation(openForTest(path), oldKey, newKey, 1)
    for (const key of [oldKey, newKey]) expect(await readEverything(path, key)).toEqual(before)
    const columns = sealedColumns.map(({ table, column }) => `${table}.${column}`)
    expect(await resealAll(path, oldKey, newKey)).toEqual(columns)
    for (const key of [oldKey, newKey]) expect(await readEverything(path, key)).toEqual(before)
    expect(await resealAll(path, newKey, newKey)).toEqual([])
    await finishRotation(openForTest(path), 2)
    expect(await readEverything(path, newKey)).toEqual(before)
    await expect(readEverything(path, oldKey)).rejects.toMatchObject({
      ...unreadable,
      message: expect.stringMatching(new RegExp(`${idOf(newKey)}.*started with ${idOf(oldKey)}`)) as string,
    })
  })

  it('is followed by a store that was open before it, also after its end', async () => {
    const path = temporaryFile()
    await fillEverything(path)
    const running = storeWith(path, oldKey)
    await beginRotation(openForTest(path), oldKey, newKey, 1)
    await running.connections.update('con_1', { keys: { 'segment.apiToken': 'token-1' } }, 1)
    expect(await resealAll(path, newKey, newKey)).toContain('connection_keys.sealed')
    await running.masterKeys.takeUp()
    await finishRotation(openForTest(path), 2)
    expect(await running.connections.openKey('con_1', 'segment.apiToken')).toBe('token-1')
    await running.connections.update('con_1', { keys: { 'segment.apiToken': 'token-2' } }, 1)
    const started = storeWith(path, newKey)
    expect(await started.connections.openKey('con_1', 'segment.apiToken')).toBe('token-2')
    expect(await started.masterKeys.unknown()).toEqual([])
  })

  it('that is begun again is the same one, whichever of its keys is given', async () => {
    const path = temporaryFile()
    const db = openForTest(path)
    expect(await beginRotation(db, oldKey, newKey, 1)).toMatchObject({ isNew: true, newKey })
    for (const own of [oldKey, newKey])
      expect(await beginRotation(db, own, thirdKey, 2)).toMatchObject({
        isNew: false,
        newKey,
        to: idOf(newKey),
      })
    await expect(beginRotation(db, thirdKey, oldKey, 3)).rejects.toMatchObject(unreadable)
    await finishRotation(db, 4)
    await expect(beginRotation(db, oldKey, thirdKey, 5)).rejects.toMatchObject(unreadable)
    expect(await beginRotation(db, newKey, thirdKey, 5)).toMatchObject({ isNew: true })
  })

  it('leaves what neither key opens as it is, and tells where that stands', async () => {
    const path = temporaryFile()
    await fillEverything(path)
    const stranger = storeWith(path, thirdKey)
    await stranger.connections.update('con_1', { keys: { 'segment.writeKey': 'lost' } }, 1)
    const db = openForTest(path)
    await beginRotation(db, oldKey, newKey, 1)
    const told: string[] = []
    for await (const { unreadable: places } of reseal(db, ringOf(db, oldKey), idOf(newKey)))
      told.push(...places)
    expect(new Set(told)).toEqual(new Set(['con_1/segment.writeKey']))
    expect(await stranger.connections.openKey('con_1', 'segment.writeKey')).toBe('lost')
  })

  it('lets nothing be sealed by a key that is not of it', async () => {
    const path = temporaryFile()
    const db = openForTest(path)
    await beginRotation(db, oldKey, newKey, 1)
    const ring = createKeyRing(db, createSecretBox(thirdKey))
    expect(() => ring.seal('secret', 'p')).toThrow(`Secrets are sealed with master key ${idOf(newKey)}`)
  })
})

describe('unknown', () => {
  it('counts the secrets of keys that a process does not have', async () => {
    const path = temporaryFile()
    await fillEverything(path)
    const unknown = await storeWith(path, newKey).masterKeys.unknown()
    expect(unknown).toEqual([{ keyId: idOf(oldKey), secrets: 10 }])
    expect(await storeWith(path, oldKey).masterKeys.unknown()).toEqual([])
  })
})
