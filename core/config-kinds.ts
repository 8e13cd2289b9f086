/**
 * The kinds of values a setting can have: how its text is read, and what to ask for when it cannot be.
 * Text arrives trimmed and never empty (an empty variable counts as not set).
 */
import { z } from 'zod'
import { Secret } from './secret.ts'

export interface Kind<T> {
  /** Shown in docs/config.md. */
  label: string
  /** Ends the sentence '<NAME> must be …'. */
  wants: string
  schema: z.ZodType<T, string>
}

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function toMs(text: string): number {
  const [, amount = '', unit = 'ms'] = /^([\d.]+)(ms|s|m|h|d)?$/.exec(text) ?? []
  return Math.round(Number(amount) * unitsMs[unit as keyof typeof unitsMs])
}

const url = z.string().refine((text) => {
  const { success, data } = z.url({ protocol: /^https?$/ }).safeParse(text)
  // Whatever stands before an '@' would end up in logs and pages; '?' and '#' break the paths that we append.
  return success && !/[@?#]/.test(data)
})

const listOf = (item: z.ZodType<unknown, string>): z.ZodType<string[], string> =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.every((part) => item.safeParse(part).success))

const wholeNumber = (min: number, max: number): z.ZodType<number, string> =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max))

const oneOf = <const T extends string>(values: readonly T[]): Kind<T> => ({
  label: values.join(' \\| '),
  wants: `one of ${values.join(', ')}`,
  schema: z.string().pipe(z.enum(values)),
})

const kind = <T>(label: string, wants: string, schema: z.ZodType<T, string>): Kind<T> => ({
  label,
  wants,
  schema,
})

export const kinds = {
  text: kind('text', 'text', z.string()),
  port: kind('port', 'a whole number from 1 to 65535', wholeNumber(1, 65_535)),
  days: kind('days', 'a whole number of days from 1 to 3650', wholeNumber(1, 3_650)),
  duration: kind(
    'duration',
    "a length of time such as '90s', '1h', '7d', or a number of milliseconds",
    z
      .string()
      .regex(/^(\d+|\d*\.\d+)(ms|s|m|h|d)?$/)
      .transform(toMs),
  ),
  url: kind(
    'URL',
    'an http or https URL without credentials, query or fragment',
    url.transform((text) => text.replace(/\/+$/, '')),
  ),
  address: kind(
    'host:port',
    "a host and port such as 'temporal.internal:7233'",
    z.string().regex(/^\S+:\d{1,5}$/),
  ),
  file: kind(
    'file: URL',
    "a file of SQLite such as 'file:/var/lib/causeway/causeway.db'",
    z
      .string()
      .regex(/^file:[^?#]+$/)
      .refine((text) => !text.includes(':memory:')),
  ),
  folders: kind(
    'folders, by comma',
    'a list of absolute folders',
    listOf(z.string().regex(/^(\/|[A-Za-z]:[\\/])/)),
  ),
  proxies: kind(
    'addresses, by comma',
    "a list of IP addresses or ranges such as '10.0.0.0/8'",
    listOf(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])),
  ),
  secret: kind(
    'secret',
    'text',
    z.string().transform((text) => new Secret(text)),
  ),
  key: kind(
    'secret',
    '32 bytes in base64 (`openssl rand -base64 32` makes one)',
    z
      .string()
      // 43 characters and one '=' are 32 bytes; the last character carries four bits, so two of them are 0.
      .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/)
      .transform((text) => new Secret(text)),
  ),
  yesNo: kind(
    'yes \\| no',
    'yes or no',
    z
      .string()
      .regex(/^(yes|no|true|false|1|0)$/i)
      .transform((text) => /^(yes|true|1)$/i.test(text)),
  ),
  vendors: oneOf(['sandbox', 'real']),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
}
