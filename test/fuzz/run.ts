// `npm run fuzz`: the long run. FUZZ_RUNS is the number of messages (a twentieth of it of requests), FUZZ_SEED a seed
// to begin with: a fault names the one that shows it again at once.
import fc from 'fast-check'
import { ingestCase } from './bodies.ts'
import { createIngestWorld } from './ingest-world.ts'
import { checkMapping, mappingCase, newTally } from './mapping-property.ts'

const messages = Number(process.env['FUZZ_RUNS'] ?? 1_000_000)
const requests = Math.ceil(messages / 20)
const firstSeed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
const startedMs = performance.now()
let peakMb = 0

const figure = (n: number) => n.toLocaleString('en')
function say(what: string, figures: object): void {
  peakMb = Math.max(peakMb, Math.round(process.memoryUsage().rss / 1024 / 1024))
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  const told = Object.entries(figures).map(([name, value]) => `${name} ${figure(Number(value))}`)
  console.log(`${what}: ${told.join(' · ')} · ${seconds} s · peak ${peakMb} MB`)
}

class Fault extends Error {
  constructor(seed: number, cause: unknown) {
    super(`again with: FUZZ_SEED=${seed} FUZZ_RUNS=1 npm run fuzz\n${String(cause)}`)
  }
}

function fuzzMapping(): void {
  const tally = newTally()
  const property = fc.property(mappingCase, (made) => checkMapping(made, tally))
  for (let seed = firstSeed; tally.messages < messages; seed += 1) {
    const run = fc.check(property, { numRuns: 2_000, seed })
    if (run.failed) throw new Fault(seed, fc.defaultReportMessage(run))
    if ((seed - firstSeed) % 5 === 0) say('mapping', tally)
  }
  say('mapping, done', tally)
}

/** A store of its own for every few thousand requests, each hundred of them sent at once and drained. */
async function fuzzIngest(): Promise<void> {
  const sums = { requests: 0, accepted: 0, items: 0, delivered: 0, known: 0 }
  const statuses: Record<string, number> = {}
  for (let seed = firstSeed; sums.requests < requests;) {
    const world = await createIngestWorld()
    for (
      let round = 0;
      round < 25 && sums.requests + world.tally.requests < requests;
      round += 1, seed += 1
    ) {
      try {
        const cases = fc.sample(ingestCase, { numRuns: 100, seed })
        await Promise.all(cases.map((request) => world.send(request)))
        await world.explore(3)
        await world.settle()
        await world.explore(3)
      } catch (cause) {
        throw new Fault(seed, cause instanceof Error ? cause.stack : cause)
      }
    }
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += world.tally[name]
    for (const [status, n] of Object.entries(world.tally.byStatus))
      statuses[status] = (statuses[status] ?? 0) + n
    await world.api.close()
    say('ingest', sums)
  }
  say('ingest, done', {
    ...sums,
    ...Object.fromEntries(Object.entries(statuses).map(([s, n]) => [`HTTP ${s}:`, n])),
  })
}

try {
  console.log(`seed ${firstSeed}: ${figure(messages)} messages, ${figure(requests)} requests`)
  fuzzMapping()
  await fuzzIngest()
  console.log(`no fault; seed ${firstSeed}`)
} catch (error) {
  if (!(error instanceof Fault)) throw error
  console.error(`fault: ${error.message}`)
  process.exitCode = 1
}
