/** A line for a terminal that sends one message to a connection, by its own write key. */
import type { Connection } from '../api/shapes.ts'

/** Undefined until the connection is known: a line with a wrong key would be worse than none. */
export function tryLine(connection: Connection | undefined, message: object): string | undefined {
  if (connection === undefined) return undefined
  return `curl ${location.origin}/v1/track -u ${quoted(`${connection.writeKey}:`)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(message))}`
}

/** As one word of a POSIX shell. */
const quoted = (text: string): string =>
  /^[\w:.@%+=/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
