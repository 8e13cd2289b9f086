/** The frame: bar with search and state, navigation, the page. */
import { Select } from '@mantine/core'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { Icon } from '../parts/icons.tsx'
import { BarEnd } from './bar-end.tsx'
import { useCurrentConnection } from './current-connection.ts'
import { destinations, type Destination } from './destinations.ts'
import { SearchBox } from './search-box.tsx'
import { Shortcuts } from './shortcuts.tsx'

export function Shell() {
  const [isOpen, setOpen] = useState(false)
  const { connection } = useCurrentConnection()
  const { pathname } = useLocation()
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)
  useEffect(() => {
    setOpen(false)
    if (before.current === pathname) return
    before.current = pathname
    // A new page is read from its beginning, by whoever goes by keyboard or by ear.
    main.current?.focus({ preventScroll: true })
  }, [pathname])
  return (
    <div className="shell">
      <a href="#main" className="skip-link">
        Skip to the page
      </a>
      <header className="shell-bar">
        <button
          type="button"
          className="icon-button menu-button"
          aria-label="Menu"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="menu" />
        </button>
        <Link to="/" className="brand" aria-label="Causeway, overview">
          <img src={new URL('../favicon.svg', import.meta.url).href} width="24" height="24" alt="" />
          <span>Causeway</span>
        </Link>
        <SearchBox connectionId={connection?.id} />
        <BarEnd />
      </header>
      <Navigation isOpen={isOpen} />
      <main className="shell-main" id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <div id="announced" role="status" className="sr-only" />
      <Shortcuts connectionId={connection?.id} />
    </div>
  )
}

function Navigation({ isOpen }: { isOpen: boolean }) {
  const { connection, all } = useCurrentConnection()
  const navigate = useNavigate()
  const { pathname } = useLocation()
  /** The same page of another connection. */
  const choose = (id: string | null) => {
    if (id === null) return
    const page = /^\/connections\/[^/]+\/(\w+)/.exec(pathname)?.[1] ?? 'messages'
    void navigate({ to: `/connections/${id}/${page}` })
  }
  return (
    <nav className={`shell-nav ${isOpen ? 'is-open' : ''}`} aria-label="Pages">
      <div className="shell-nav-in">
        <Links scope="all" first />
        {connection && (
          <>
            <h2 id="of-connection">Connection</h2>
            <Select
              aria-labelledby="of-connection"
              data={all.map(({ id, name }) => ({ value: id, label: name }))}
              value={connection.id}
              onChange={choose}
              mb={6}
              searchable={all.length > 8}
            />
            <Links scope="connection" connectionId={connection.id} />
          </>
        )}
        <h2>Causeway</h2>
        <Links scope="all" />
      </div>
    </nav>
  )
}

/** `first`: the overview alone; what else is of all connections stands last. */
function Links({
  scope,
  connectionId,
  first = false,
}: {
  scope: Destination['scope']
  connectionId?: string
  first?: boolean
}) {
  const { pathname } = useLocation()
  const shown = destinations.filter(
    (one) => one.scope === scope && (scope !== 'all' || (one.path === '/') === first),
  )
  return (
    <ul>
      {shown.map(({ label, path, icon, within }) => (
        <li key={label}>
          <Link
            to={path}
            params={{ connectionId }}
            activeOptions={{ exact: path === '/', includeSearch: false }}
            className={within !== undefined && pathname.startsWith(within) ? 'active' : undefined}
          >
            <Icon name={icon} /> {label}
          </Link>
        </li>
      ))}
    </ul>
  )
}
