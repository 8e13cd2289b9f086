/** Opens beside a list, so that the list stays. Esc closes it; the focus goes in and comes back. */
import { useEffect, useRef, type ReactNode } from 'react'
import { Icon } from './icons.tsx'

export function SidePanel({
  label,
  children,
  onClose,
}: {
  label: string
  children: ReactNode
  onClose: () => void
}) {
  const panel = useRef<HTMLElement>(null)
  const close = useRef(onClose)
  close.current = onClose
  useEffect(() => {
    const before = document.activeElement
    panel.current?.focus({ preventScroll: true })
    const onKey = (event: KeyboardEvent) => {
      // A dialog on top takes its own Esc.
      if (event.key === 'Escape' && !document.querySelector('[aria-modal="true"]')) close.current()
    }
    document.addEventListener('keydown', onKey)
    return () => {
      document.removeEventListener('keydown', onKey)
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <aside className="side-panel" aria-label={label} ref={panel} tabIndex={-1}>
      <button type="button" className="icon-button side-close" aria-label="Close the panel" onClick={onClose}>
        <Icon name="cross" />
      </button>
      {children}
    </aside>
  )
}
