// The Public API's limit by token. How high it is is not published; that it answers 429 with `data` and these headers,
// the reset as a date, is (npm @segment/public-api-sdk-typescript 47.0.0; docs.segmentapis.com, read 2025-11).

const WINDOW_MS = 60_000

export interface Consumption {
  consumedPoints: number
  remainingPoints: number
  msBeforeNext: number
  isOver: boolean
}

export class RateLimit {
  readonly #windows = new Map<string, { startedAtMs: number; consumed: number }>()

  /** Takes one point of the token's minute. */
  consume(token: string, pointsMax: number, nowMs: number): Consumption {
    let window = this.#windows.get(token)
    if (window === undefined || nowMs - window.startedAtMs >= WINDOW_MS)
      window = { startedAtMs: nowMs, consumed: 0 }
    window.consumed += 1
    this.#windows.set(token, window)
    return {
      consumedPoints: window.consumed,
      remainingPoints: Math.max(0, pointsMax - window.consumed),
      msBeforeNext: window.startedAtMs + WINDOW_MS - nowMs,
      isOver: window.consumed > pointsMax,
    }
  }

  forget(): void {
    this.#windows.clear()
  }
}

export function rateLimitHeaders(
  { consumedPoints, remainingPoints, msBeforeNext }: Consumption,
  nowMs: number,
): Record<string, string> {
  return {
    'X-RateLimit-Consumed': String(consumedPoints),
    'X-RateLimit-Remaining': String(remainingPoints),
    'X-RateLimit-Reset': new Date(nowMs + msBeforeNext).toUTCString(),
  }
}
