/** A window of time, as two fields in the reader's own zone and some ready-made ones. */
import { TextInput } from '@mantine/core'

export interface Window {
  from: string
  to: string
}

const pad = (n: number) => String(n).padStart(2, '0')
/** As `datetime-local` wants it. */
export const localText = (date: Date): string =>
  `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`

export const lastHours = (hours: number): Window => ({
  from: localText(new Date(Date.now() - hours * 3_600_000)),
  // The field knows minutes only: the one that runs is meant too.
  to: localText(new Date(Date.now() + 60_000)),
})

export const asIso = ({ from, to }: Window) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
})
export const isWindow = ({ from, to }: Window): boolean =>
  from !== '' && to !== '' && Date.parse(from) < Date.parse(to)

export function WindowFields({ window, set }: { window: Window; set: (window: Window) => void }) {
  return (
    <>
      <TextInput
        type="datetime-local"
        label="Received from"
        value={window.from}
        onChange={(event) => set({ ...window, from: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label="until"
        value={window.to}
        error={isWindow(window) ? undefined : 'must be after the start'}
        onChange={(event) => set({ ...window, to: event.currentTarget.value })}
      />
      <div className="chips" role="group" aria-label="Ready-made windows">
        {[
          [1, 'last hour'],
          [24, 'last day'],
          [168, 'last 7 days'],
        ].map(([hours, label]) => (
          <button key={label} type="button" className="chip" onClick={() => set(lastHours(Number(hours)))}>
            {label}
          </button>
        ))}
      </div>
    </>
  )
}
