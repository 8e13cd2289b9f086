// A Segment of one workspace in memory, and the deps of set-up upon it. A test says what goes wrong, and when.
import type { DisconnectDeps } from '../../activities/disconnect.ts'
import { BridgeError, type ErrorCode } from '../../core/errors.ts'
import type { Clock, SegmentApi, SegmentOauth, SegmentTokens, StatsigKeys, Store } from '../../core/ports.ts'
import { proofEvent } from '../../core/setup.ts'
import { countingIds, RecordingRuns } from './fake-deps.ts'

type Step = keyof SegmentApi | keyof SegmentOauth

export class ScriptedSegment implements SegmentApi {
  readonly made = new Map<string, { sourceId: string; name: string; subscribed: string | undefined }>()
  readonly calls: string[] = []
  /** What the next calls of a step end with; taken one by one. */
  readonly faults: { step: Step; code: ErrorCode; after?: boolean }[] = []
  sourceList = ['web', 'server'].map((name) => ({
    ...{ id: `source-id-${name}`, name, slug: name, workspaceId: 'ws_1', writeKey: `source-${name}` },
  }))
  /** What the token endpoint gives; counted, so that each is another one. */
  tokens: (n: number) => SegmentTokens = (n) => ({
    ...{ accessToken: `access-${n}`, refreshToken: `refresh-${n}` },
    ...{ expiresAtMs: undefined, sources: undefined },
  })
  /** Called with each test event: the way back through Segment. */
  onTest: (messageId: string, writeKey: string) => Promise<void> | void = () => undefined
  #granted = 0

  async #do<T>(step: Step, work: () => T): Promise<T> {
    this.calls.push(step)
    const index = this.faults.findIndex((fault) => fault.step === step)
    const [fault] = index === -1 ? [] : this.faults.splice(index, 1)
    if (fault && fault.after !== true) throw new BridgeError(fault.code, 'scripted')
    const result = work()
    if (fault) throw new BridgeError(fault.code, 'scripted, when it was done')
    return result
  }

  workspace = () => this.#do('workspace', () => ({ id: 'ws_1', name: 'Workspace' }))
  sources = () => this.#do('sources', () => this.sourceList)
  destinationsNamed = (_: string, sourceId: string, name: string) =>
    this.#do('destinationsNamed', () =>
      [...this.made].filter(([, one]) => one.sourceId === sourceId && one.name === name).map(([id]) => id),
    )
  createDestination = (_: string, { sourceId, name }: { sourceId: string; name: string }) =>
    this.#do('createDestination', () => {
      const id = `dest-${this.calls.length}`
      this.made.set(id, { sourceId, name, subscribed: undefined })
      return id
    })
  subscribe = (_: string, id: string, { url }: { url: string }) =>
    this.#do('subscribe', () => {
      const one = this.made.get(id)
      if (!one) throw new BridgeError('segment.refused', 'HTTP 404')
      one.subscribed = url
    })
  removeDestination = (_: string, id: string) =>
    this.#do('removeDestination', () => void this.made.delete(id))
  sendTest = async (writeKey: string, messageId: string) => {
    await this.#do('sendTest', () => undefined)
    await this.onTest(messageId, writeKey)
  }

  readonly oauth: SegmentOauth = {
    authorizeUrl: async ({ state }) => `http://segment.test/authorize?state=${state}`,
    exchange: ({ code }) =>
      this.#do('exchange', () => {
        if (code !== 'good-code') throw new BridgeError('segment.code_refused', 'invalid_grant')
        return this.tokens((this.#granted += 1))
      }),
    refresh: () => this.#do('refresh', () => this.tokens((this.#granted += 1))),
  }
}

export const aliveKeys: StatsigKeys = {
  server: async () => 'alive',
  console: async () => 'alive',
  isOfProject: async () => undefined,
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** What the activities of set-up are given, on a real store. */
export function setupOn(
  store: Store,
  clock: Clock,
  segment = new ScriptedSegment(),
): DisconnectDeps & { segment: ScriptedSegment } {
  const { connections, setups, grants, removal, access, messages } = store
  return {
    ...{ connections, setups, grants, removal, access, messages, runs: new RecordingRuns(), segment },
    ...{ ids: countingIds(), clock, log: silent, oauth: segment.oauth, statsigKeys: aliveKeys },
    publicUrl: 'http://bridge.test',
  }
}

/** The message of a proof as Segment's destination would deliver it, straight into the lane. */
export function deliverProof(store: Store, connectionId: string, atMs: number) {
  return async (messageId: string): Promise<void> => {
    const message = { type: 'track', event: proofEvent, messageId, anonymousId: 'causeway-setup' }
    await store.inbox.append({
      ...{ connectionId, receivedAtMs: atMs, source: 'webhook', call: 'batch', callerIp: undefined },
      body: Buffer.from(JSON.stringify(message)),
      lanes: [{ lane: 'events', items: undefined, count: 1, sole: true }],
    })
  }
}
