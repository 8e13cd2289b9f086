/** The shape of a direction's filters, as a person sets them (PATCH /connections/:id) and the store keeps them. */
import { z } from 'zod'
import { compileGlob, globCharsMax, GlobError } from './glob.ts'

/** A list that someone ticks may be long; a rule with an exact name costs nothing where the name is another. */
const rulesMax = 1_000
const conditionsMax = 20

const Scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()])

/** `path` is dotted, into the message as received: `properties.plan`, `context.app.version`. */
export const Condition = z
  .strictObject({
    path: z.string().min(1).max(200),
    op: z.enum(['=', '!=', 'exists', 'contains', 'in', '<', '>']),
    value: z.union([Scalar, z.array(Scalar).min(1).max(1_000)]).optional(),
  })
  .superRefine(({ op, value }, context) => {
    const fault = faultOf[op](value)
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['value'], message: fault })
  })
export type Condition = z.infer<typeof Condition>

const isScalar = (value: unknown) => value !== undefined && !Array.isArray(value)
const needsScalar = (value: unknown) =>
  isScalar(value) ? undefined : 'must be one text, number, boolean or null'
const needsOrder = (value: unknown) =>
  typeof value === 'number' || typeof value === 'string' ? undefined : 'must be a number or text'

/** What is wrong with the value of a condition, by its op. */
const faultOf: Record<
  '=' | '!=' | 'exists' | 'contains' | 'in' | '<' | '>',
  (value: unknown) => string | undefined
> = {
  '=': needsScalar,
  '!=': needsScalar,
  '<': needsOrder,
  '>': needsOrder,
  contains: (value) => (value === null ? 'must be a text, number or boolean' : needsScalar(value)),
  in: (value) => (Array.isArray(value) ? undefined : 'must be a list'),
  exists: (value) =>
    value === undefined || typeof value === 'boolean'
      ? undefined
      : 'must be true or false, or left out for true',
}

const ruleShape = {
  action: z.enum(['include', 'exclude']),
  /** The source's own name of the event: of a page or screen, the call's name. */
  event: z.string().min(1).max(globCharsMax).optional(),
  match: z.enum(['exact', 'glob']).optional(),
  where: z.array(Condition).max(conditionsMax).optional(),
  /**
   * A share of the unit ids. A rule that includes lets only that share through and filters the rest; one that
   * excludes filters that share and leaves the rest to the rules below it.
   */
  sample: z.number().min(0).max(1).optional(),
}

/** A pattern that cannot be read is refused with the character at which it fails (`params.at`, counted from 0). */
function checkPattern(
  { event, match }: { event?: string | undefined; match?: 'exact' | 'glob' | undefined },
  context: z.RefinementCtx,
): void {
  if (match === undefined) return
  if (event === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['match'],
      message: 'says how `event` is matched, which is not set',
    })
  } else if (match === 'glob') {
    try {
      compileGlob(event)
    } catch (error) {
      if (!(error instanceof GlobError)) throw error
      context.addIssue({ code: 'custom', path: ['event'], message: error.message, params: { at: error.at } })
    }
  }
}

/** Calls that can be filtered on the way in; an identify is never an event. */
const InboundType = z.enum(['track', 'page', 'screen', 'group', 'alias'])
/** What Statsig sends: a logged event, an exposure of any kind, a change in its console. */
const OutboundType = z.enum(['event', 'exposure', 'config_change'])

const Default = z.enum(['include', 'exclude']).default('include')

export const InboundFilters = z.strictObject({
  default: Default,
  rules: z
    .array(z.strictObject({ type: InboundType.optional(), ...ruleShape }).superRefine(checkPattern))
    .max(rulesMax)
    .default([]),
})

export const OutboundFilters = z.strictObject({
  default: Default,
  rules: z
    .array(z.strictObject({ type: OutboundType.optional(), ...ruleShape }).superRefine(checkPattern))
    .max(rulesMax)
    .default([]),
  /** Whether exposures of gates, experiments, configs and layers go out. */
  exposures: z.boolean().default(true),
  /** Whether changes made in Statsig's console go out. */
  configChanges: z.boolean().default(true),
  /** Of a unit's exposures to the same thing, only the first that goes out: see docs/outbound.md. */
  firstExposureOnly: z.boolean().default(false),
})

/** The part that both directions have. */
export interface Filters {
  default: 'include' | 'exclude'
  rules: readonly FilterRule[]
}

export interface FilterRule {
  action: 'include' | 'exclude'
  type?: string | undefined
  event?: string | undefined
  match?: 'exact' | 'glob' | undefined
  where?: readonly Condition[] | undefined
  sample?: number | undefined
}
