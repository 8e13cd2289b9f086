/** Adds up what filters would have done, message by message. Its memory is bounded whatever is put in. */
import type { PreviewResult, PreviewSample } from '../preview-ports.ts'
import type { Mapped } from '../directions.ts'
import type { Trace } from '../segment-to-statsig/index.ts'

const samplesMax = 10

export class PreviewTally {
  private readonly result: PreviewResult = {
    ...{ looked: 0, cut: false, dropped: 0, kept: 0 },
    ...{ notReached: {}, byRule: {}, samples: [], oldestAtMs: undefined },
  }
  /** Samples of each rule, newest first. */
  private readonly byRule = new Map<string, PreviewSample[]>()

  get looked(): number {
    return this.result.looked
  }

  /** Counts one message: what the mapping said of it, and the trace that it filled. */
  add({ seen, verdict }: Mapped, { filter }: Trace, place: { id: string; receivedAtMs: number }): void {
    const { result } = this
    result.looked += 1
    result.oldestAtMs = place.receivedAtMs
    if (filter === undefined) {
      const reason =
        verdict.kind === 'skipped'
          ? verdict.reason
          : verdict.kind === 'rejected'
            ? verdict.code
            : verdict.kind
      this.skip(verdict.kind === 'filtered' ? verdict.rule : reason)
      return
    }
    const counts = (result.byRule[filter.rule] ??= { dropped: 0, kept: 0 })
    if (filter.included) {
      counts.kept += 1
      result.kept += 1
      return
    }
    counts.dropped += 1
    result.dropped += 1
    const samples = this.byRule.get(filter.rule) ?? []
    this.byRule.set(filter.rule, samples)
    const { messageId, type, event } = seen
    if (samples.length < samplesMax) samples.push({ ...place, messageId, type, event, rule: filter.rule })
  }

  /** Counts one message that has nothing to be judged by. */
  addErased(receivedAtMs: number): void {
    this.result.looked += 1
    this.result.oldestAtMs = receivedAtMs
    this.skip('erased')
  }

  /** The sums. `cut`: time ran out before the end. */
  end(cut: boolean): PreviewResult {
    return { ...this.result, cut, samples: this.pickSamples() }
  }

  private skip(reason: string): void {
    const { notReached } = this.result
    notReached[reason] = (notReached[reason] ?? 0) + 1
  }

  /** In turn from each rule, so that a rule that drops little is seen beside one that drops much. */
  private pickSamples(): PreviewSample[] {
    const picked: PreviewSample[] = []
    for (let turn = 0; turn < samplesMax; turn += 1) {
      for (const samples of this.byRule.values()) {
        const sample = samples[turn]
        if (sample !== undefined && picked.length < samplesMax) picked.push(sample)
      }
    }
    return picked.sort((a, b) => b.receivedAtMs - a.receivedAtMs)
  }
}
