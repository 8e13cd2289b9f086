/** What housekeeping did, in numbers, and how its run says so in the Temporal Web UI. Zod-free: workflows import this. */

export interface Housekept {
  requests: number
  entries: number
  /** Of bodies. */
  bytes: number
  claims: number
  /** Rows of counts by the minute. */
  minutes: number
  /** Returned to the file system. */
  givenBackBytes: number
}

export const nothingRemoved: Housekept = {
  requests: 0,
  entries: 0,
  bytes: 0,
  claims: 0,
  minutes: 0,
  givenBackBytes: 0,
}

export function addRemoved(sum: Housekept, step: Partial<Housekept>): Housekept {
  return {
    requests: sum.requests + (step.requests ?? 0),
    entries: sum.entries + (step.entries ?? 0),
    bytes: sum.bytes + (step.bytes ?? 0),
    claims: sum.claims + (step.claims ?? 0),
    minutes: sum.minutes + (step.minutes ?? 0),
    givenBackBytes: sum.givenBackBytes + (step.givenBackBytes ?? 0),
  }
}

/** Markdown. */
export function describeHousekeeping({
  requests,
  entries,
  bytes,
  claims,
  givenBackBytes,
}: Housekept): string {
  return [
    `Removed: **${entries}** entries, **${requests}** requests (${megabytes(bytes)}), **${claims}** claims.`,
    `Returned to the disk: ${megabytes(givenBackBytes)}.`,
  ].join('\n\n')
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`
