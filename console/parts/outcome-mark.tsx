/** An outcome as a shape, a colour and a word: never a colour alone. */
import { outcomeWord, type Outcome } from '../api/shapes.ts'

const shapes: Record<Outcome, { className: string; shape: React.ReactNode }> = {
  delivered: { className: 'good', shape: <path d="M2 6.500l3 3 5-6" /> },
  filtered: { className: 'dim', shape: <path d="M1.5 2h9L7 6.500v3.500l-2 1V6.500z" /> },
  skipped: { className: 'dim', shape: <path d="M2 6h8" /> },
  rejected: { className: 'bad', shape: <path d="M2.5 2.500l7 7M9.5 2.500l-7 7" /> },
  pending: {
    className: 'warn',
    shape: <path d="M6 1.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9zM6 3.500V6l1.8 1.2" />,
  },
}

export function OutcomeMark({ outcome, bare = false }: { outcome: Outcome; bare?: boolean }) {
  const { className, shape } = shapes[outcome]
  return (
    <span className={`mark ${className}`}>
      <svg
        width="12"
        height="12"
        viewBox="0 0 12 12"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        aria-hidden
      >
        {shape}
      </svg>
      {bare ? <span className="sr-only">{outcomeWord[outcome]}</span> : outcomeWord[outcome]}
    </span>
  )
}

/** A state of something that is not a message: `tone` gives the colour, the word says it. */
export function StateMark({
  tone,
  children,
}: {
  tone: 'good' | 'warn' | 'bad' | 'dim'
  children: React.ReactNode
}) {
  const shape = { good: 'pending', warn: 'pending', bad: 'rejected', dim: 'skipped' } as const
  return (
    <span className={`mark ${tone}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden>
        {tone === 'good' ? (
          <circle cx="6" cy="6" r="4.5" fill="currentColor" />
        ) : tone === 'warn' ? (
          <path d="M6 1l5.5 10H.500z" fill="currentColor" />
        ) : (
          <g fill="none" stroke="currentColor" strokeWidth="1.8">
            {shapes[shape[tone]].shape}
          </g>
        )}
      </svg>
      {children}
    </span>
  )
}
