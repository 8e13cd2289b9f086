/** Why a command ends before its end: an exit code, and what a person is told. */
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { join, paint, shown, type Shown } from './text.ts'

export interface Complaint {
  /** The API's, or `usage`, `unreachable`, `interrupted`. */
  code: string
  title: string
  detail?: string | undefined
  nextStep?: string | undefined
  errors?: readonly { path: string; message: string }[] | undefined
}

export class CliFailure extends Error {
  readonly exitCode: ExitCode
  readonly complaint: Complaint
  constructor(exitCode: ExitCode, complaint: Complaint) {
    super(complaint.title)
    this.name = 'CliFailure'
    this.exitCode = exitCode
    this.complaint = complaint
  }
}

/** The command lacks something, or says something that cannot be. */
export const misused = (title: string, nextStep?: string): CliFailure =>
  new CliFailure(exitCodes.usage, { code: 'usage', title, nextStep })

export const refused = (code: string, title: string, nextStep?: string): CliFailure =>
  new CliFailure(exitCodes.failed, { code, title, nextStep })

/** Ctrl-C; `nextStep` says what goes on all the same. */
export const interrupted = (title: string, nextStep?: string): CliFailure =>
  new CliFailure(exitCodes.interrupted, { code: 'interrupted', title, nextStep })

export const isInterruption = (error: unknown): boolean =>
  error instanceof CliFailure && error.exitCode === exitCodes.interrupted

/** As a person reads it. */
export function shownComplaint({ code, title, detail, nextStep, errors = [] }: Complaint): Shown {
  const ours = ['usage', 'interrupted', 'declined'].includes(code)
  return join([
    shown`${ours ? title : paint.bad(title)}${ours ? '' : paint.faint(` (${code})`)}`,
    ...(detail === undefined || detail.replace(/\.$/, '') === title ? [] : [shown`  ${detail}`]),
    ...errors.map(({ path, message }) => shown`  ${path === '' ? 'the body' : path}: ${message}`),
    ...(nextStep === undefined ? [] : [shown`  ${paint.faint('→')} ${nextStep}`]),
  ])
}
