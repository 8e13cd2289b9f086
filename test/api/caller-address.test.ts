import { BlockList } from 'node:net'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { callerAddress } from '../../api/caller-address.ts'

const trusted = new BlockList()
trusted.addSubnet('10.0.0.0', 8, 'ipv4')
trusted.addAddress('fd00::1', 'ipv6')

async function address(socket: string | undefined, forwarded?: string): Promise<string> {
  const app = new Hono().get('/', (c) => c.text(callerAddress(c, trusted) ?? 'none'))
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const env = socket === undefined ? {} : { incoming: { socket: { remoteAddress: socket } } }
  return (await app.request('/', { headers }, env)).text()
}

describe('callerAddress', () => {
  it.each([
    ['the socket of a caller without proxy', '203.0.113.7', undefined, '203.0.113.7'],
    ['an IPv4 address that came in IPv6 clothes', '::ffff:203.0.113.7', undefined, '203.0.113.7'],
    ['the socket, whatever an untrusted caller claims', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['the hop before a trusted proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['the hop before two trusted proxies', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['the nearest untrusted hop, not what it claims', '10.0.0.1', '192.0.2.1, 198.51.100.1', '198.51.100.1'],
    ['the hop before a trusted IPv6 proxy', 'fd00::1', '2001:db8::1', '2001:db8::1'],
    ['the proxy itself when it names nobody', '10.0.0.1', undefined, '10.0.0.1'],
    ['the proxy itself when it names no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['nothing where there is no socket', undefined, '198.51.100.1', 'none'],
  ])('is %s', async (_, socket, forwarded, expected) => {
    expect(await address(socket, forwarded)).toBe(expected)
  })
})
