/**
 * Which addresses we call when a person wrote the URL: public ones alone, and networks that the operator allowed.
 * Otherwise whoever may set an alert's URL could make us talk to what only we can reach, such as a cloud's metadata
 * service. The address is looked at when the connection is made, since a name may mean another one by then.
 */
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface OutboundGuard {
  /** What is wrong with a URL, for a person; undefined where nothing is seen without asking the network. */
  faultOf(url: string): string | undefined
  /** For `net.connect`: fails with an `AddressRefused` where any of a name's addresses is not allowed. */
  lookup: LookupFunction
}

/** `code` is what a fault of the network would have. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_NOT_ALLOWED'
}

/** `allowed` are addresses and ranges (CIDR) that may be called although they are not public. */
export function createOutboundGuard(allowed: readonly string[], resolve = dnsLookup): OutboundGuard {
  const isAllowed = createIsAllowed(allowed)
  const refusalOf = (address: string): string | undefined => {
    const range = ipaddr.parse(address).range()
    // `::/96` held IPv4 addresses once (RFC 4291, 2.5.5.1) and is nobody's now.
    const isCompatible = /^::[\da-f.:]{1,9}$/i.test(ipaddr.parse(address).toString())
    if ((range === 'unicast' && !isCompatible) || isAllowed(address)) return undefined
    return `${address} is not a public address (${range}); ALERT_ALLOWED_NETWORKS may allow it`
  }
  return {
    faultOf: (url) => faultOf(url, refusalOf),
    lookup: (hostname, options, done) => {
      const all: LookupOptions & { all: true } = { ...options, all: true }
      resolve(hostname, all, (error, addresses) => {
        if (error) {
          done(error, '', 0)
          return
        }
        const refusal = addresses.map(({ address }) => refusalOf(address)).find((text) => text !== undefined)
        if (refusal !== undefined) {
          done(new AddressRefused(refusal), '', 0)
          return
        }
        if (options.all === true) {
          done(null, addresses)
          return
        }
        const [first] = addresses as [LookupAddress, ...LookupAddress[]]
        done(null, first.address, first.family)
      })
    },
  }
}

function createIsAllowed(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function faultOf(url: string, refusalOf: (address: string) => string | undefined): string | undefined {
  if (!URL.canParse(url)) return 'is no URL'
  const { protocol, username, password, hostname } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:// or http://'
  if (username !== '' || password !== '') return 'must not hold a user or password'
  // The parser has made one form of every spelling of an address: 0x7f.1 and 2130706433 are 127.0.0.1 by now.
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return refusalOf(host)
  return /(^|\.)localhost\.?$/i.test(host) ? refusalOf('127.0.0.1') : undefined
}
