/** JSON whose every line knows its path, so that a line here can light a line there. */
import type { ReactNode } from 'react'

export interface JsonLine {
  /** Dotted, `a.b[2]`; the closing bracket of a thing has the thing's path. */
  path: string
  text: string
  depth: number
}

/** A value as the lines of its indented JSON. */
export function linesOf(value: unknown, path = '', depth = 0, lead = '', tail = ''): JsonLine[] {
  const line = (text: string): JsonLine => ({ path, text, depth })
  if (Array.isArray(value)) {
    if (value.length === 0) return [line(`${lead}[]${tail}`)]
    const inner = value.flatMap((item, at) =>
      linesOf(item, `${path}[${at}]`, depth + 1, '', at < value.length - 1 ? ',' : ''),
    )
    return [line(`${lead}[`), ...inner, line(`]${tail}`)]
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return [line(`${lead}{}${tail}`)]
    const inner = entries.flatMap(([key, item], at) =>
      linesOf(
        item,
        path === '' ? key : `${path}.${key}`,
        depth + 1,
        `${JSON.stringify(key)}: `,
        at < entries.length - 1 ? ',' : '',
      ),
    )
    return [line(`${lead}{`), ...inner, line(`}${tail}`)]
  }
  return [line(`${lead}${JSON.stringify(value)}${tail}`)]
}

/** Whether a path is the other or lies within it. */
export const isWithin = (path: string, whole: string): boolean =>
  path === whole || (path.startsWith(whole) && /^[.[]/.test(path.slice(whole.length)))

interface Props {
  value: unknown
  label: string
  /** Paths that are lit. */
  lit?: readonly string[]
  /** What stands under a line, by its path. */
  notes?: ReadonlyMap<string, ReactNode>
  /** Lines with a path of these can be pointed at. */
  pointable?: ReadonlySet<string>
  onPoint?: (path: string | undefined) => void
}

export function PathJson({ value, label, lit = [], notes, pointable, onPoint }: Props) {
  const shown = new Set<string>()
  return (
    <div className="json" role="region" aria-label={label} tabIndex={0}>
      {linesOf(value).map(({ path, text, depth }, at) => {
        const isLit = lit.some((one) => one !== '' && isWithin(path, one))
        const isFirst = !shown.has(path)
        shown.add(path)
        const note = isFirst ? notes?.get(path) : undefined
        const content = <span className={isLit ? 'lit' : undefined}>{text}</span>
        return (
          <div key={at} style={{ paddingLeft: `${depth * 1.2}em` }}>
            {isFirst && onPoint && pointable?.has(path) ? (
              <button
                type="button"
                className="point"
                onMouseEnter={() => onPoint(path)}
                onMouseLeave={() => onPoint(undefined)}
                onFocus={() => onPoint(path)}
                onBlur={() => onPoint(undefined)}
              >
                {content}
              </button>
            ) : (
              content
            )}
            {note}
          </div>
        )
      })}
    </div>
  )
}
