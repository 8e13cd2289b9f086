/** Tells the sync of an audience that there is something to do; it is started where it does not run. */
import { toldEveryMs } from '../core/audiences/debounce.ts'
import { audienceWorkflowId } from '../core/ids.ts'
import type { AudienceSyncs, Clock, RunStart, WorkflowRuns } from '../core/ports.ts'

/** Remembers when it told whom: a million memberships are not a million signals. */
export function createAudienceSyncs({ runs, clock }: { runs: WorkflowRuns; clock: Clock }): AudienceSyncs {
  const toldAtMs = new Map<string, number>()
  const rememberedMax = 10_000
  return {
    async changed(connectionId, key) {
      const run = runOf(connectionId, key)
      const nowMs = clock.nowMs()
      // The sync waits longer than this after each signal, so what is folded meanwhile is in it.
      if (Math.abs(nowMs - (toldAtMs.get(run.workflowId) ?? -Infinity)) < toldEveryMs) return
      await runs.signalWithStart(run, 'changed', [])
      if (toldAtMs.size >= rememberedMax) toldAtMs.clear()
      toldAtMs.set(run.workflowId, nowMs)
    },
    now: (connectionId, key) => runs.signalWithStart(runOf(connectionId, key), 'now', []),
    async decide(connectionId, key, verdict) {
      const run = runOf(connectionId, key)
      // It lives as long as the audience, unless Temporal's database was lost.
      await runs.start(run)
      return runs.update<number>(run.workflowId, verdict, [])
    },
  }
}

function runOf(connectionId: string, audience: string): RunStart {
  return {
    workflow: 'syncAudience',
    workflowId: audienceWorkflowId(connectionId, audience),
    taskQueue: 'causeway-live',
    args: [{ connectionId, audience }],
    ...{ connectionId, audience },
    summary: `Audience ${audience} of ${connectionId}`,
    details: `Keeps the Statsig ID list **${audience}** equal to the Segment audience, as connection \`${connectionId}\` knows it: adds and removes ids in as few calls as possible, and asks a person before many go.`,
  }
}
