// Statsig's limits on changes of ID lists: 12 in 10 s and 900 in 15 min, per project (Console API, OpenAPI of 2026-05).
// Counted exactly over any such stretch, so that whoever relies on a gentler count is found out.

const WINDOWS = [
  { windowMs: 10_000, callsMax: 12 },
  { windowMs: 900_000, callsMax: 900 },
] as const

export class CallLimit {
  #atMs: number[] = []
  /** Benches turn the limits off. */
  isOn = true

  /** Undefined when the call may pass; else the seconds after which one may. */
  take(nowMs: number): number | undefined {
    if (!this.isOn) return undefined
    this.#atMs = this.#atMs.filter((atMs) => atMs > nowMs - 900_000)
    for (const { windowMs, callsMax } of WINDOWS) {
      const blocking = this.#atMs.at(-callsMax)
      if (blocking !== undefined && blocking > nowMs - windowMs)
        return Math.ceil((blocking + windowMs - nowMs) / 1_000)
    }
    this.#atMs.push(nowMs)
    return undefined
  }

  forget(): void {
    this.#atMs = []
  }
}
