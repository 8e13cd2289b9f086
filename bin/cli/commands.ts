/**
 * The table of contents: a command is a line here and a file in commands/. A file is loaded only when its command is
 * meant, since TypeScript is read as it is and each file costs some milliseconds.
 */
import type { Register } from './program.ts'

interface CommandRow {
  name: string
  says: string
  load: () => Promise<{ register: Register }>
}

/** In the order of the help. */
export const commands: readonly CommandRow[] = [
  row(
    'doctor',
    'look at every dependency, key and clock; say what to do',
    () => import('./commands/doctor.ts'),
  ),
  row('connections', 'look, make, set up, pause, set keys', () => import('./commands/connections.ts')),
  row('test', 'try one message: what would become of it, and why', () => import('./commands/test.ts')),
  row('tail', 'messages as they get their outcome, live', () => import('./commands/tail.ts')),
  row(
    'messages',
    'look messages up: what came in, what became of it',
    () => import('./commands/messages.ts'),
  ),
  row('replay', 'forward a past window of messages again', () => import('./commands/replay.ts')),
  row('redrive', 'send messages again that were not delivered', () => import('./commands/redrive.ts')),
  row(
    'export',
    'send a past window of Statsig events to Segment again',
    () => import('./commands/export.ts'),
  ),
  row('audiences', 'Engage audiences and their ID lists', () => import('./commands/audiences.ts')),
  row('keys', 'API keys and their roles', () => import('./commands/keys.ts')),
]

function row(name: string, says: string, load: CommandRow['load']): CommandRow {
  return { name, says, load }
}
