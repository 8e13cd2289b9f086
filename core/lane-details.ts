/** What a lane's run says of itself in the Temporal Web UI, in Markdown. Zod-free: workflows import this file. */

const sentences: Record<string, string> = {
  running:
    'Delivering, or waiting a few seconds for the next event. During an outage the pending activity shows the last fault and the next attempt.',
  done: 'All of it has ended, and so has this lane.',
  asleep: 'Everything is delivered. The next event wakes this run.',
  paused: 'Paused by a person. Events are accepted and kept; resume it through the API.',
  needs_attention: 'A person is needed. Events are accepted and kept.',
}

export function describeLane({
  status,
  cursor,
  reason,
}: {
  status: string
  cursor: number
  reason?: string
}): string {
  const lines = [`**${status}**: ${sentences[status] ?? ''}`, `Entries ended so far: **${cursor}**`]
  if (reason !== undefined) lines.splice(1, 0, `> ${reason}`)
  return lines.join('\n\n')
}
