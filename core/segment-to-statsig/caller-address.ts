/** When the address of the caller is that of the user. */
import type { Message } from './message.ts'
import { pathReader } from './read-path.ts'

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

const readDirect = pathReader('context.direct')
const readLibraryName = pathReader('context.library.name')

/**
 * The caller's address where the message asks for it (`context.direct`) or a browser or phone sent it; tracking API
 * only, since a webhook's caller is Segment.
 */
export function callerAddress(message: Message): string | undefined {
  const { receipt } = message
  if (receipt.callerIp === undefined || receipt.source !== 'tracking') return undefined
  const isUsers = readDirect(message) === true || userSideLibraries.has(readLibraryName(message))
  return isUsers ? receipt.callerIp : undefined
}
