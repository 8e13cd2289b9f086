/**
 * The experiments of a Statsig project (docs.statsig.com/api-reference/experiments/list-experiments), remembered by
 * console key. Delivery asks with every run and must not wait for the Console API: what was known stands in while it is
 * asked again, and for as long as it does not answer.
 */
import { z } from 'zod'
import type { Clock, Log, StatsigExperiments } from '../core/ports.ts'
import type { Experiments } from '../core/statsig-to-segment/experiments.ts'

const pageSize = 100
/** More experiments than a project has; a vendor that never ends its pages must not fill our memory. */
const pagesMax = 100
const timeoutMs = 10_000
/** An experiment is made, set up and started before the first exposure to it: minutes are soon enough. */
const keptMs = 120_000
const failedForMs = 30_000

const Page = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      groups: z.array(z.object({ id: z.string(), name: z.string() })).nullish(),
    }),
  ),
})

export interface StatsigExperimentsDeps {
  /** Base of `/experiments`. */
  consoleUrl: string
  clock: Clock
  log: Log
  /** How long the first who asks waits for an answer. */
  waitMs?: number
}

interface Project {
  known: Experiments | undefined
  askAgainAtMs: number
  asking: Promise<void> | undefined
}

/** Redirects are not followed: a key must not travel to another host. */
export function createStatsigExperiments({
  consoleUrl,
  clock,
  log,
  waitMs = 5_000,
}: StatsigExperimentsDeps): StatsigExperiments {
  const url = `${consoleUrl.replace(/\/$/, '')}/experiments`
  const projects = new Map<string, Project>()

  async function ask(project: Project, key: string): Promise<void> {
    try {
      project.known = await readAll(url, key)
      project.askAgainAtMs = clock.nowMs() + keptMs
    } catch (error) {
      project.askAgainAtMs = clock.nowMs() + failedForMs
      // A fault's message may quote a header, and so the key.
      const said = error instanceof Refused ? error.message : 'it cannot be reached'
      log.warn({ event: 'experiments.unknown', said }, 'experiments.unknown')
    }
    project.asking = undefined
  }

  return {
    async of(key) {
      const project = projects.get(key) ?? { known: undefined, askAgainAtMs: -Infinity, asking: undefined }
      projects.set(key, project)
      if (project.asking === undefined && clock.nowMs() >= project.askAgainAtMs)
        project.asking = ask(project, key)
      if (project.known === undefined && project.asking) await withinMs(project.asking, waitMs)
      return project.known
    },
  }
}

class Refused extends Error {}

async function readAll(url: string, key: string): Promise<Experiments> {
  const signal = AbortSignal.timeout(timeoutMs)
  const headers = { 'statsig-api-key': key, 'statsig-api-version': '20240601' }
  const found = new Map<string, ReadonlyMap<string, string>>()
  for (let page = 1; page <= pagesMax; page += 1) {
    const answer = await fetch(`${url}?limit=${pageSize}&page=${page}`, {
      headers,
      signal,
      redirect: 'manual',
    })
    if (!answer.ok) {
      await answer.body?.cancel()
      throw new Refused(`the Console API answered HTTP ${answer.status}`)
    }
    const parsed = Page.safeParse(await answer.json())
    if (!parsed.success) throw new Refused('the Console API gave another shape')
    const { data } = parsed.data
    for (const { id, groups } of data)
      found.set(id, new Map((groups ?? []).map((group) => [group.id, group.name])))
    if (data.length < pageSize) break
  }
  return found
}

async function withinMs(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([promise, late])
  clearTimeout(timer)
}
