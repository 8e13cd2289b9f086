/** The keyboard: `/` searches, `g` and a letter goes, `j` `k` move through rows, `?` shows all of it. */
import { Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { destinations, type Destination } from './destinations.ts'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !/^(checkbox|radio|button)$/.test((target as HTMLInputElement).type)

/** Rows are what carries `data-row`; moving is moving the focus, so Enter does what a click does. */
function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

interface Keys {
  go: (destination: Destination) => void
  showHelp: () => void
}

/** Answers what to do with a key, once, after the `g` that may have gone before it. */
function listen({ go, showHelp }: Keys): () => void {
  let isGoing = false
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const letter = event.key
    const destination = isGoing ? destinations.find(({ key }) => key === letter) : undefined
    isGoing = !isGoing && letter === 'g'
    if (destination) go(destination)
    else if (letter === '/') document.querySelector<HTMLInputElement>('#search')?.focus()
    else if (letter === '?') showHelp()
    else if (letter === 'j') moveRow(1)
    else if (letter === 'k') moveRow(-1)
    else return
    event.preventDefault()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}

export function Shortcuts({ connectionId }: { connectionId: string | undefined }) {
  const [isShown, setShown] = useState(false)
  const navigate = useNavigate()
  useEffect(
    () =>
      listen({
        go: ({ path }) => {
          if (connectionId === undefined && path.includes('$')) return
          void navigate({ to: path.replace('$connectionId', connectionId ?? '') })
        },
        showHelp: () => setShown(true),
      }),
    [connectionId, navigate],
  )
  return (
    <Modal opened={isShown} onClose={() => setShown(false)} title="Keyboard" centered>
      <table className="plain">
        <tbody>
          {[
            ['/', 'search'],
            ['j / k', 'next and previous row'],
            ['Enter', 'open the row'],
            ['Esc', 'close the panel'],
            ['?', 'this list'],
          ].map(([key, what]) => (
            <tr key={key}>
              <td>
                <kbd>{key}</kbd>
              </td>
              <td>{what}</td>
            </tr>
          ))}
          {destinations.map(({ key, label }) => (
            <tr key={label}>
              <td>
                <kbd>g</kbd> <kbd>{key}</kbd>
              </td>
              <td>{label}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}
