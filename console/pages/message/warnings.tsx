/** What was odd, in the mapping's own words, with the one click that helps where there is one. */
import { Button } from '../../parts/button.tsx'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'

interface Warning {
  code: string
  path: string
  message: string
}

export function Warnings({ connectionId, warnings }: { connectionId: string; warnings: readonly Warning[] }) {
  return (
    <ul className="plain-list stack">
      {warnings.map(({ code, path, message }) => {
        const idType = code === 'id_type_unknown' ? /^user\.customIDs\.([^]+)$/.exec(path)?.[1] : undefined
        return (
          <li key={`${code} ${path}`}>
            <StateMark tone="warn">{code.replaceAll('_', ' ')}</StateMark>
            <div>
              <code className="mono">{path}</code>{' '}
              {idType === undefined ? message : `The Statsig project has no id type “${idType}”.`}
            </div>
            {idType !== undefined && <CreateIdType connectionId={connectionId} name={idType} />}
          </li>
        )
      })}
    </ul>
  )
}

function CreateIdType({ connectionId, name }: { connectionId: string; name: string }) {
  const queries = useQueryClient()
  const create = useMutation({
    mutationFn: () => call('POST', `/connections/${connectionId}/unit-id-types`, { body: { name } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['message'] }),
  })
  if (create.isSuccess)
    return <div role="status">It is made: the next events carry an id that Statsig knows.</div>
  return (
    <div className="stack" style={{ marginTop: 4 }}>
      <div>
        <Button
          variant="default"
          size="compact-sm"
          loading={create.isPending}
          onClick={() => create.mutate()}
        >
          Create “{name}” at Statsig
        </Button>
      </div>
      {create.error && <ProblemNote error={create.error} />}
    </div>
  )
}
