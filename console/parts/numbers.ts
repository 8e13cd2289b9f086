/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const count = (n: number): string => whole.format(n)
export const compact = (n: number): string => (n < 10_000 ? whole.format(n) : short.format(n))

/** 0.9921 as `99.2 %`; never rounded up to all. */
export function percent(part: number, total: number): string {
  if (total === 0) return '–'
  const share = Math.floor((part / total) * 1_000) / 10
  return `${share === 100 || share === 0 ? share : share.toFixed(1)} %`
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = n
  let unit = 0
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`
}

/** `4 min ago`, `in 2 h`. */
export function relative(atMs: number, nowMs: number): string {
  const gap = Math.abs(nowMs - atMs)
  if (gap < 5_000) return 'just now'
  const said = ago(gap)
  return atMs <= nowMs ? `${said} ago` : `in ${said}`
}

function ago(ms: number): string {
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / 86_400_000)} d`
}

export const clockTime = (iso: string): string => {
  const date = new Date(iso)
  const pad = (n: number, width = 2) => String(n).padStart(width, '0')
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
}

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`
