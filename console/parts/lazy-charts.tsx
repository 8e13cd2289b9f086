/** The doors to the charts: a skeleton of the final size stands until they have come. */
import { Skeleton } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { ChartProps } from './charts.tsx'

const LazyBars = lazy(async () => ({ default: (await import('./charts.tsx')).StackedBars }))
const LazyLines = lazy(async () => ({ default: (await import('./charts.tsx')).Lines }))

export const BarsChart = (props: ChartProps) => (
  <Suspense fallback={<Skeleton height={(props.height ?? 180) + 48} />}>
    <LazyBars {...props} />
  </Suspense>
)

export const LinesChart = (props: ChartProps) => (
  <Suspense fallback={<Skeleton height={(props.height ?? 140) + 48} />}>
    <LazyLines {...props} />
  </Suspense>
)

export const outcomeSeries = [
  { key: 'delivered', label: 'delivered', color: 'var(--cw-good-bar)' },
  { key: 'filtered', label: 'filtered', color: 'var(--cw-quiet-bar)' },
  { key: 'skipped', label: 'skipped', color: 'var(--cw-skip-bar)' },
  { key: 'rejected', label: 'rejected', color: 'var(--cw-bad-bar)' },
]
