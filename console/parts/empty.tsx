/** An empty place that teaches: what will be here, and the one thing that brings it. */
import type { ReactNode } from 'react'
import { CopyLine } from './copy.tsx'

export function Empty({
  title,
  children,
  command,
  action,
}: {
  title: string
  children: ReactNode
  command?: string
  action?: ReactNode
}) {
  return (
    <div className="card pad stack" data-empty>
      <h2>{title}</h2>
      <div className="dim">{children}</div>
      {command !== undefined && <CopyLine text={command} label="Copy the command" />}
      {action !== undefined && <div className="row">{action}</div>}
    </div>
  )
}
