/** What the command line ends with; docs/cli.md says the same. */
export const exitCodes = {
  /** Done; what was looked for is as it should be. */
  ok: 0,
  /** Refused or failed: the API said no, a check failed, a job failed. */
  failed: 1,
  /** The command was not understood, or lacks something; nothing was asked of the API. */
  usage: 2,
  /** The API does not answer. */
  unreachable: 3,
  /** A job has ended, and not all of what it had to deliver is delivered. */
  undelivered: 4,
  /** Ctrl-C: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
