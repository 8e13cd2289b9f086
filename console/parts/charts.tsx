/** The charts, in a part of the code that comes only with a page that shows one. Each has its numbers as a table, too. */
import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { useEffect, useRef, type ReactNode } from 'react'
import { compact, count } from './numbers.ts'

export interface Series {
  key: string
  label: string
  color: string
}

export interface ChartProps {
  label: string
  data: Record<string, string | number>[]
  series: Series[]
  height?: number
  /** What a value is called in the table and the tooltip, such as ms. */
  unit?: string
}

const axis = {
  stroke: 'var(--cw-line-strong)',
  tick: { fill: 'var(--cw-ink-2)', fontSize: 12 },
  tickLine: false,
}
const box = {
  background: 'var(--cw-surface)',
  border: '1px solid var(--cw-line-strong)',
  borderRadius: 6,
  fontSize: 13,
}

/** Stacked bars from zero; `data` has an `at` and a number for each key. */
export function StackedBars({ label, data, series, height = 180, unit = '' }: ChartProps) {
  return (
    <figure style={{ margin: 0 }}>
      <Picture>
        <ResponsiveContainer width="100%" height={height}>
          <BarChart
            data={data}
            margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
            accessibilityLayer={false}
            barCategoryGap={1}
          >
            <CartesianGrid vertical={false} stroke="var(--cw-line)" />
            <XAxis dataKey="at" {...axis} minTickGap={48} />
            <YAxis width={48} allowDecimals={false} tickFormatter={compact} {...axis} />
            <Tooltip
              contentStyle={box}
              cursor={{ fill: 'var(--cw-accent-wash)' }}
              isAnimationActive={false}
            />
            {series.map(({ key, label: name, color }) => (
              <Bar
                key={key}
                dataKey={key}
                name={name}
                stackId="all"
                fill={color}
                isAnimationActive={false}
                maxBarSize={48}
              />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </Picture>
      <Labels series={series} data={data} />
      <AsTable {...{ label, data, series, unit }} />
    </figure>
  )
}

export function Lines({ label, data, series, height = 140, unit = '' }: ChartProps) {
  return (
    <figure style={{ margin: 0 }}>
      <Picture>
        <ResponsiveContainer width="100%" height={height}>
          <LineChart data={data} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--cw-line)" />
            <XAxis dataKey="at" {...axis} minTickGap={48} />
            <YAxis width={48} domain={[0, 'auto']} tickFormatter={compact} {...axis} />
            <Tooltip contentStyle={box} isAnimationActive={false} />
            {series.map(({ key, label: name, color }) => (
              <Line
                key={key}
                dataKey={key}
                name={name}
                stroke={color}
                dot={false}
                strokeWidth={2}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </Picture>
      <Labels series={series} data={data} />
      <AsTable {...{ label, data, series, unit }} />
    </figure>
  )
}

/**
 * What is for the eye alone: hidden from who hears the page, and never a stop of Tab. The library draws through portals,
 * and a browser takes an SVG group that listens for the focus for one that can have it.
 */
function Picture({ children }: { children: ReactNode }) {
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!frame.current) return
    const whole = frame.current
    const quieten = () => {
      for (const group of whole.querySelectorAll('svg, svg g')) group.setAttribute('tabindex', '-1')
    }
    const watch = new MutationObserver(quieten)
    watch.observe(whole, { childList: true, subtree: true })
    quieten()
    return () => watch.disconnect()
  }, [])
  return (
    <div aria-hidden ref={frame}>
      {children}
    </div>
  )
}

/** Labels with their sums stand under the picture in the order of the stack. */
function Labels({ series, data }: Pick<ChartProps, 'series' | 'data'>) {
  const shown = series.filter(({ key }) => data.some((point) => Number(point[key] ?? 0) > 0))
  return (
    <figcaption className="row wide" style={{ marginTop: 4 }}>
      {shown.map(({ key, label, color }) => (
        <span key={key} className="row" style={{ gap: 6 }}>
          <i style={{ width: 10, height: 10, borderRadius: 2, background: color }} aria-hidden />
          {label}
        </span>
      ))}
    </figcaption>
  )
}

function AsTable({ label, data, series, unit }: ChartProps) {
  return (
    <details>
      <summary className="dim">The same as a table</summary>
      <div
        className="table-frame"
        style={{ maxHeight: 240, overflowY: 'auto' }}
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <table className="plain">
          <caption className="sr-only">{label}</caption>
          <thead>
            <tr>
              <th>At</th>
              {series.map(({ key, label: name }) => (
                <th key={key} className="right">
                  {name} {unit}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map((point) => (
              <tr key={String(point['at'])}>
                <td>{point['at']}</td>
                {series.map(({ key }) => (
                  <td key={key} className="right">
                    {count(Number(point[key] ?? 0))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
