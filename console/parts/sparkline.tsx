/** A shape of the last hour, small enough to be drawn by hand; its numbers are in the label. */

export function Sparkline({
  values,
  label,
  width = 180,
  height = 28,
}: {
  values: number[]
  label: string
  width?: number
  height?: number
}) {
  const top = Math.max(1, ...values)
  const step = width / Math.max(1, values.length - 1)
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`,
  )
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      className="spark"
    >
      {points.length > 1 && (
        <>
          <polygon
            points={`0,${height} ${points.join(' ')} ${width},${height}`}
            fill="var(--cw-accent)"
            opacity="0.13"
          />
          <polyline points={points.join(' ')} fill="none" stroke="var(--cw-accent)" strokeWidth="1.5" />
        </>
      )}
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--cw-line-strong)" />
    </svg>
  )
}

/** One value a minute for the last hour, zero where nothing was. */
export function minutesOf(series: { at: string; accepted: number }[], nowMs: number): number[] {
  const first = Math.floor(nowMs / 60_000) - 59
  const values = new Array<number>(60).fill(0)
  for (const { at, accepted } of series) {
    const index = Math.floor(Date.parse(at) / 60_000) - first
    if (index >= 0 && index < 60) values[index] = accepted
  }
  return values
}
