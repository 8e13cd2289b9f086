/** Settings of the whole: who may enter, whom to tell, what was changed, what is kept. */
import { Link, useParams } from '@tanstack/react-router'
import { PageHead } from '../parts/page-head.tsx'
import { AlertSettings } from './settings/alerts.tsx'
import { AuditLog } from './settings/audit.tsx'
import { Keys } from './settings/keys.tsx'
import { RetentionSettings } from './settings/retention.tsx'

const sections = [
  { id: 'keys', label: 'Keys and roles', Section: Keys },
  { id: 'alerts', label: 'Alerts', Section: AlertSettings },
  { id: 'audit', label: 'Audit log', Section: AuditLog },
  { id: 'retention', label: 'Retention', Section: RetentionSettings },
]

export function Settings() {
  const { section = 'keys' } = useParams({ strict: false })
  const shown = sections.find(({ id }) => id === section) ?? sections[0]
  return (
    <div className="page">
      <PageHead title="Settings">Of all connections together.</PageHead>
      <nav className="tabs-line" aria-label="Settings">
        {sections.map(({ id, label }) => (
          <Link key={id} to="/settings/$section" params={{ section: id }}>
            {label}
          </Link>
        ))}
      </nav>
      {shown && <shown.Section />}
    </div>
  )
}
