/** JSON as text with a little colour. What a vendor sent is only ever text here, never markup. */
import type { ReactNode } from 'react'
import { Copy } from './copy.tsx'

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

export function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = []
  let at = 0
  for (const match of text.matchAll(token)) {
    parts.push(text.slice(at, match.index))
    const kind = match[1] === undefined ? 'n' : match[2] === undefined ? 's' : 'k'
    parts.push(
      <span key={match.index} className={kind}>
        {match[0]}
      </span>,
    )
    at = match.index + match[0].length
  }
  parts.push(text.slice(at))
  return parts
}

export const pretty = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value, null, 2)

export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = pretty(value)
  return (
    <div style={{ position: 'relative' }}>
      <div style={{ position: 'absolute', right: 4, top: 4 }}>
        <Copy text={text} label={`Copy ${label}`} />
      </div>
      {/* A large body would take long to colour; it is shown plain. */}
      <pre className="json" tabIndex={0} role="region" aria-label={label}>
        {text.length > 100_000 ? text : coloured(text)}
      </pre>
    </div>
  )
}
