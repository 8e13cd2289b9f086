// What Statsig's log_event takes of us, as strictly as its documentation allows: https://docs.statsig.com/http-api
import { z } from 'zod'
import { droppedNameCharacters, statsigLimits } from '../../core/statsig.ts'

const isClean = (text: string) => text.isWellFormed() && !text.includes('\0')
const Clean = z.string().refine(isClean, 'holds NUL or half a surrogate pair')
const Said = Clean.refine((text) => text.trim() !== '', 'is blank')
const isPlainName = (name: string) =>
  !droppedNameCharacters.split('').some((character) => name.includes(character))
const jsonChars = (value: unknown) => JSON.stringify(value).length

const CustomIds = z
  .record(Said, Said)
  .refine((ids) => Object.keys(ids).length > 0, 'is empty')
  .refine((ids) => Object.keys(ids).every((type) => type.toLowerCase() !== 'userid'), 'names the user')
const User = z
  .strictObject({
    userID: Said.optional(),
    customIDs: CustomIds.optional(),
    email: Said.optional(),
    ip: Said.optional(),
    userAgent: Said.optional(),
    locale: Said.optional(),
    appVersion: Said.optional(),
    custom: z.record(Said, z.union([Clean, z.number(), z.boolean(), z.array(Clean)])).optional(),
    statsigEnvironment: z.strictObject({ tier: Said }),
  })
  .refine(({ userID, customIDs }) => userID !== undefined || customIDs !== undefined, 'has no id')
  .refine((user) => {
    // Ids are never cut: what they take is theirs, and the rest goes into what is left.
    const { userID, customIDs, statsigEnvironment } = user
    const least = jsonChars({ userID, customIDs, statsigEnvironment })
    return jsonChars(user) <= Math.max(least, statsigLimits.userCharsMax)
  }, 'is larger than Statsig keeps')
const Metadata = z
  .record(
    Clean.refine((name) => !name.includes('.') && name !== '__proto__', 'is no name for metadata'),
    Clean,
  )
  .refine((metadata) => jsonChars(metadata) <= statsigLimits.metadataCharsMax, 'is larger than Statsig keeps')

/** An event that was received at `receivedAtMs`. */
export const strictEvent = (receivedAtMs: number) =>
  z.strictObject({
    eventName: Said.refine(isPlainName, 'holds a character at which Statsig drops the event'),
    value: z.union([z.number(), Said]).optional(),
    time: z
      .int()
      .min(-8.64e15)
      .max(receivedAtMs + 5 * 60_000),
    user: User,
    metadata: Metadata.optional(),
  })
