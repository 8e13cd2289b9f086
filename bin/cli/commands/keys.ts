/** `causeway keys`: who may call the control plane. */
import { idempotent, ok } from '../api.ts'
import { oneOf } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import type { Register } from '../program.ts'
import { table } from '../table.ts'
import { join, paint, shown } from '../text.ts'
import { shortTime } from '../when.ts'

const roles = ['viewer', 'operator', 'admin'] as const

const examples = `
Examples:
  $ npx causeway keys create ci --role viewer --json | jq -r .key > ci.key
  $ npx causeway --key-file ci.key messages --outcome rejected`

export const register: Register = (group, act) => {
  group.addHelpText('after', examples)
  group
    .command('list')
    .description('all of them, revoked ones too; never their secrets')
    .action(act((cli) => list(cli)))
  group
    .command('create <name>')
    .description('make one; its secret is shown once')
    .requiredOption('--role <role>', `what it may do: ${roles.join(', ')}`, oneOf(roles))
    .action(act((cli, name: string, { role }: { role: (typeof roles)[number] }) => create(cli, name, role)))
  group
    .command('revoke <id>')
    .description('in force at once')
    .action(
      act(async (cli, id: string) => {
        const key = await ok(cli.api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } }))
        await cli.answer(key, () => shown`Key ${key.name} (${id}) is revoked.`)
      }),
    )
}

async function list(cli: Cli): Promise<void> {
  const page = await ok(cli.api.GET('/api/v1/keys'))
  const rows = page.data.map(({ id, name, role, createdAt, lastUsedAt, revokedAt }) => [
    ...[id, name, role, shortTime(createdAt), lastUsedAt === null ? 'never' : shortTime(lastUsedAt)],
    revokedAt === null ? '' : paint.odd(shortTime(revokedAt)),
  ])
  const head = ['id', 'name', 'role', 'created', 'last used', 'revoked']
  await cli.answer(page, () =>
    rows.length === 0
      ? paint.faint('None but the key of CAUSEWAY_API_KEY or keys.json.')
      : table(head, rows, { columns: cli.columns }),
  )
}

async function create(cli: Cli, name: string, role: (typeof roles)[number]): Promise<void> {
  const made = await ok(cli.api.POST('/api/v1/keys', { body: { name, role }, ...idempotent(cli.io) }))
  await cli.answer(made, () =>
    join([shown`${made.key}`, paint.faint(`${made.id}, ${role}. It is not shown again.`)]),
  )
}
