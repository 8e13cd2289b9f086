/** When the address of the caller is that of the user. */
import type { Message } from './message.ts'

/**
 * Libraries that run with the user, by the `context.library.name` that each writes (their public repositories under
 * github.com/segmentio). A server's address would put all its users into one place.
 */
const userSideLibraries: ReadonlySet<unknown> = new Set([
  'analytics.js',
  'analytics-ios',
  'analytics-android',
  'analytics-swift',
  'analytics-kotlin',
  'analytics-react-native',
  '@segment/analytics-react-native',
  'analytics_flutter',
  'Analytics.Xamarin',
  'analytics-roku',
])

/**
 * The caller's address where the message asks for it (`context.direct`) or a browser or phone sent it; tracking API
 * only, since a webhook's caller is Segment.
 */
export function callerAddress({ context, receipt }: Message): string | undefined {
  if (receipt.callerIp === undefined || receipt.source !== 'tracking') return undefined
  if (context.direct === true) return receipt.callerIp
  const library = context.library
  if (typeof library !== 'object' || library === null || !('name' in library)) return undefined
  return userSideLibraries.has(library.name) ? receipt.callerIp : undefined
}
