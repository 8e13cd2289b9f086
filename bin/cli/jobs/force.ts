/** `--force` sends again what a vendor has already: that is asked about, with what it means. */
import type { Cli } from '../cli.ts'
import { refused } from '../failure.ts'
import { confirmed } from '../stdin.ts'
import { paint } from '../text.ts'

/** `means`: a line each. Throws `declined` after a no, and `usage` where nobody can be asked. */
export async function askAboutForce(cli: Cli, means: readonly string[], isSure: boolean): Promise<void> {
  if (isSure) return
  for (const line of means) await cli.note(paint.odd(line))
  if (!(await confirmed(cli, 'Send them again?'))) throw refused('declined', 'Nothing was started.')
}
