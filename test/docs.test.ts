// What the pages say of each other and of the code is true: links resolve, the index is whole, names are those of today.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { settings } from '../core/config-table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const pages = [...markdownIn('.'), ...markdownIn('docs'), ...markdownIn('docs/decisions')]

/** A page without its fenced code: what stands there is somebody's example. */
const proseOf = (file: string) => read(file).replaceAll(/^ *```[^]*?^ *```/gm, '')

/** Targets of Markdown links and images, and of HTML's. */
const linksOf = (file: string) =>
  [...proseOf(file).matchAll(/\]\(([^)\s]+)\)|(?:href|src|srcset)="([^"]+)"/g)].map(
    ([, markdown, html]) => markdown ?? html ?? '',
  )

/** The anchors that GitHub gives to a page's headings. */
function anchorsOf(file: string): Set<string> {
  const seen = new Map<string, number>()
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(file).matchAll(/^#+ +(.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-')
    const before = seen.get(slug) ?? 0
    seen.set(slug, before + 1)
    anchors.add(before === 0 ? slug : `${slug}-${before}`)
  }
  return anchors
}

/** What is wrong with a link, if anything. */
function faultOf(file: string, link: string): string | undefined {
  if (/^[a-z]+:/i.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : relative(root, join(root, dirname(file), path))
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`
  if (anchor === undefined || !target.endsWith('.md') || anchorsOf(target).has(anchor)) return undefined
  return `${link}: ${target} has no such heading`
}

describe('the pages', () => {
  it.each(pages)('%s links to what is there', (page) => {
    expect(linksOf(page).flatMap((link) => faultOf(page, link) ?? [])).toEqual([])
  })

  it('are all in the index, decisions too', () => {
    const listed = new Set(linksOf('docs/README.md').map((link) => join('docs', link.split('#')[0] ?? '')))
    const missing = pages.filter((page) => page.startsWith('docs/') && !listed.has(page))
    expect(missing).toEqual(['docs/README.md'])
  })

  it('have a number for each decision, once, and the same in its heading', () => {
    const decisions = markdownIn('docs/decisions').map((file) => [file, /(\d{4})-/.exec(file)?.[1]] as const)
    expect(new Set(decisions.map(([, number]) => number)).size).toBe(decisions.length)
    const odd = decisions.filter(([file, number]) => !read(file).startsWith(`# ${String(number)} · `))
    expect(odd).toEqual([])
  })

  it('name only settings that are read', () => {
    const known = new Set(Object.values(settings).map(({ name }) => name))
    const named = pages.flatMap((page) =>
      [
        ...read(page).matchAll(
          /\b(?:CAUSEWAY|TEMPORAL|SEGMENT|STATSIG|S3|RETENTION|ARCHIVE)_[A-Z_]*[A-Z](?![A-Z_*])/g,
        ),
      ].map(([name]) => name),
    )
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([])
    expect(named.length).toBeGreaterThan(0)
  })

  it('name only npm scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name),
    )
    expect([...new Set(named)].filter((name) => name === undefined || !(name in scripts))).toEqual([])
  })

  it('name only files of the code that are there', () => {
    const rooms = 'core|api|workflows|activities|clients|db|console|sandbox|bin|bench|test|docs'
    const pattern = new RegExp(`\`((?:${rooms})/[\\w./-]+\\.(?:ts|tsx|js|md|json|sql))\``, 'g')
    const gone = pages.flatMap((page) =>
      [...proseOf(page).matchAll(pattern)]
        .map(([, file = '']) => file)
        .filter((file) => !existsSync(join(root, file)))
        .map((file) => `${page}: ${file}`),
    )
    expect(gone).toEqual([])
  })
})

describe('docs/api.md', () => {
  it('names what each route is about', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, unknown> }
    const text = read('docs/api.md')
    const unnamed = Object.keys(paths).filter((path) => {
      const last = path.split('/').findLast((part) => !part.startsWith('{')) ?? path
      return !text.includes(last)
    })
    expect(unnamed).toEqual([])
  })
})

describe('docs/quickstart.md', () => {
  // https://docs.statsig.com/integrations/data-connectors/segment, read 2026-11-24.
  const headings = [
    'Supported Segment event types',
    'Benefits of using the Segment integration',
    'Configuring inbound events into Statsig',
    'Using OAuth',
    'Manual configuration',
    'Working with users',
    'User IDs and custom IDs',
    'Anonymous users',
    'Mapping anonymous users',
    'Experimenting on anonymous traffic',
    'Example mapping flow',
    'Syncing Statsig Segment ID lists with Segment Engage Audiences',
    'Custom properties',
    'Configuring outbound events to Segment',
    'Outbound event schema',
    'Environments',
    'Working with Segment metrics in the Statsig UI',
    'Filtering events',
  ]

  it("has the headings of Statsig's page, in its order", () => {
    const ours = [...proseOf('docs/quickstart.md').matchAll(/^##+ (.+)$/gm)].map(
      ([, heading]) => heading ?? '',
    )
    expect(ours.filter((heading) => headings.includes(heading))).toEqual(headings)
  })
})
