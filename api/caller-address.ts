/** Who called: the socket's address, or the nearest hop that is not one of the trusted proxies. */
import { isIP, type BlockList } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'

/** X-Forwarded-For is read from the right and only as far as each hop is trusted; anyone can write the rest of it. */
export function callerAddress(c: Context, trusted: BlockList): string | undefined {
  const incoming = (c.env as { incoming?: IncomingMessage } | undefined)?.incoming
  let address = plain(incoming?.socket.remoteAddress)
  if (trusted.rules.length === 0) return address
  const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => plain(hop.trim()))
  while (address !== undefined && isTrusted(address, trusted)) {
    const before = hops.pop()
    if (before === undefined || isIP(before) === 0) break
    address = before
  }
  return address
}

const plain = (address: string | undefined): string | undefined => address?.replace(/^::ffff:/, '')
const isTrusted = (address: string, trusted: BlockList): boolean =>
  trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
