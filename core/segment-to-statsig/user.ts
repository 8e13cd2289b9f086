/**
 * The user of an event, within the size that Statsig keeps. Ids and the environment always go; attributes and custom
 * pairs go for as long as they fit, in the order below.
 */
import { statsigLimits, type StatsigCustomValue, type StatsigUser } from '../statsig.ts'
import { jsonLength } from '../text.ts'
import type { Ids } from './identity.ts'
import type { Draft } from './interpreter.ts'
import type { Notes } from './notes.ts'
import { pairPath, type CustomPair } from './pairs.ts'

/** In the order in which they get their room, each with where it usually comes from. */
const attributes = [
  ['email', 'context.traits.email'],
  ['ip', 'context.ip'],
  ['userAgent', 'context.userAgent'],
  ['locale', 'context.locale'],
  ['appVersion', 'context.app.version'],
] as const

/** Puts the user together. */
export function userOf(ids: Ids, draft: Draft, custom: readonly CustomPair[], notes: Notes): StatsigUser {
  const user: StatsigUser = {}
  if (ids.userID !== undefined) user.userID = ids.userID
  if (ids.customIDs !== undefined) user.customIDs = ids.customIDs
  if (draft.email !== undefined) user.email = draft.email
  if (draft.ip !== undefined) user.ip = draft.ip
  if (draft.userAgent !== undefined) user.userAgent = draft.userAgent
  if (draft.locale !== undefined) user.locale = draft.locale
  if (draft.appVersion !== undefined) user.appVersion = draft.appVersion
  user.statsigEnvironment = { tier: draft.tier }
  if (custom.length === 0 && isSurelySmall(user)) return user
  return fit(user, custom, notes)
}

/** No text is longer in JSON than six times itself; that settles nearly every user without measuring one. */
function isSurelySmall(user: StatsigUser): boolean {
  let chars = (user.userID?.length ?? 0) + (user.statsigEnvironment?.tier.length ?? 0)
  chars += (user.email?.length ?? 0) + (user.ip?.length ?? 0) + (user.userAgent?.length ?? 0)
  chars += (user.locale?.length ?? 0) + (user.appVersion?.length ?? 0)
  for (const type in user.customIDs) chars += type.length + (user.customIDs[type]?.length ?? 0) + 1
  return chars * 6 + 200 <= statsigLimits.userCharsMax
}

function fit(user: StatsigUser, custom: readonly CustomPair[], notes: Notes): StatsigUser {
  const fitted: StatsigUser = {}
  if (user.userID !== undefined) fitted.userID = user.userID
  if (user.customIDs !== undefined) fitted.customIDs = user.customIDs
  if (user.statsigEnvironment !== undefined) fitted.statsigEnvironment = user.statsigEnvironment
  let chars = JSON.stringify(fitted).length
  if (chars > statsigLimits.userCharsMax) {
    notes.warn(
      'user_large',
      '',
      `Its ids alone exceed the ${statsigLimits.userCharsMax} characters that Statsig keeps.`,
    )
  }
  const takes = (length: number, path: string): boolean => {
    const isFit = chars + length <= statsigLimits.userCharsMax
    if (isFit) chars += length
    else notes.warn('user_cut', path, 'It does not fit into what Statsig keeps of a user; it was left out.')
    return isFit
  }
  for (const [name, path] of attributes) {
    const value = user[name]
    if (value !== undefined && takes(entryLength(name, value), path)) fitted[name] = value
  }
  chars += '"custom":{},'.length
  for (const pair of custom) {
    if (takes(entryLength(pair.name, pair.value), pairPath(pair)))
      (fitted.custom ??= {})[pair.name] = pair.value
  }
  return fitted
}

function entryLength(name: string, value: StatsigCustomValue): number {
  const valueChars = typeof value === 'string' ? jsonLength(value) : JSON.stringify(value).length
  return jsonLength(name) + valueChars + ':,'.length
}
