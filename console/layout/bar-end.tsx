/** The right end of the bar: is all well, light or dark, who am I. */
import { Menu, Popover, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { readinessQuery } from '../api/queries.ts'
import { signOut } from '../api/session.ts'
import { Icon } from '../parts/icons.tsx'
import { StateMark } from '../parts/outcome-mark.tsx'

const names: Record<string, string> = {
  store: 'Database',
  temporal: 'Temporal',
  worker: 'Live worker',
  'bulk-worker': 'Bulk worker',
  lanes: 'Lanes',
  sandbox: 'Sandbox',
  api: 'API',
}

export function BarEnd() {
  return (
    <div className="bar-end">
      <Health />
      <SchemeButton />
      <SessionMenu />
    </div>
  )
}

function Health() {
  const { data } = useQuery(readinessQuery)
  if (!data) return null
  const checks = Object.entries(data.checks)
  const failing = checks.filter(([, { ok }]) => !ok)
  const words = data.ready ? 'all well' : failing.length === 1 ? '1 fault' : `${failing.length} faults`
  return (
    <Popover position="bottom-end" width={320} shadow="md" withArrow>
      <Popover.Target>
        <button type="button" className="icon-button" aria-label={`State: ${words}`}>
          <StateMark tone={data.ready ? 'good' : 'bad'}>
            <span className="words">{words}</span>
          </StateMark>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <ul className="stack" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
          {checks.map(([name, { ok, reason }]) => (
            <li key={name}>
              <StateMark tone={ok ? 'good' : 'bad'}>{names[name] ?? name}</StateMark>
              {!ok && <div className="dim">{reason}</div>}
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  )
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Use the ${other} theme`}
      onClick={() => setColorScheme(other)}
    >
      <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
    </button>
  )
}

function SessionMenu() {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const leave = async () => {
    await signOut()
    await navigate({ to: '/sign-in' })
    queries.clear()
  }
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <button type="button" className="icon-button" aria-label="Session">
          <Icon name="person" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href="/docs" target="_blank">
          API reference
        </Menu.Item>
        <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
