/** What went wrong, whether anything is lost, and the one button that helps. */
import { Button } from './button.tsx'
import type { ReactNode } from 'react'
import { problemOf } from '../api/client.ts'
import { Icon } from './icons.tsx'

export function ProblemNote({
  error,
  retry,
  children,
}: {
  error: unknown
  retry?: () => void
  children?: ReactNode
}) {
  const { title, detail, nextStep, errors } = problemOf(error)
  return (
    <div className="note bad-note" role="alert">
      <span className="bad">
        <Icon name="warn" />
      </span>
      <div className="grow stack">
        <p className="note-title">{title}</p>
        {detail !== undefined && <p>{detail}</p>}
        {errors?.map(({ path, message }) => (
          <p key={`${path}${message}`}>
            <code>{path}</code> {message}
          </p>
        ))}
        {nextStep !== undefined && <p className="dim">{nextStep}</p>}
        {children}
      </div>
      {retry && (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  )
}
