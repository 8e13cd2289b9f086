/** The codes of audiences and ID lists; part of the one table in core/errors.ts. Zod-free. */
import type { ErrorRow } from '../errors.ts'

export const audienceErrors = {
  nothing_held: {
    status: 409,
    title: 'No removals wait for approval',
    nextStep: 'Look at the audience: `guard` says what waits.',
    heals: false,
  },
  audience_unit_unknown: {
    status: 422,
    title: 'The connection does not know this unit',
    nextStep:
      'Use userId, anonymousId, email or a mapped identifier: its field or its id type. PATCH the connection to map one.',
    heals: false,
  },
  'statsig.console_key_refused': {
    status: 502,
    title: 'Statsig refuses the console key',
    nextStep: 'Set a valid `statsig.consoleKey` on the connection.',
    heals: false,
  },
  'statsig.list_gone': {
    status: 502,
    title: 'The ID list is not at Statsig',
    nextStep: 'Sync the audience with mode `full`: the list is made anew and every member is pushed.',
    heals: false,
  },
  'statsig.list_refused': {
    status: 502,
    title: 'Statsig refuses a change of the ID list',
    nextStep: 'The members show what Statsig said; they are tried again in the next run.',
    heals: false,
  },
  'statsig.list_too_large': {
    status: 502,
    title: 'Statsig finds a change of the ID list too large',
    nextStep: 'Nothing: it is sent in smaller parts.',
    heals: false,
  },
} as const satisfies Record<string, ErrorRow>
