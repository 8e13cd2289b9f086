import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { createOutboundGuard } from '../../clients/outbound-guard.ts'

const guard = createOutboundGuard([])

/** A resolver that answers these addresses to every name. */
function resolving(...addresses: string[]) {
  const found: LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }))
  return ((_name: string, _options: unknown, done: (error: null, all: LookupAddress[]) => void) =>
    done(null, found)) as never
}

const lookUp = (allowed: string[], addresses: string[], all = true) =>
  new Promise<unknown>((resolve) => {
    createOutboundGuard(allowed, resolving(...addresses)).lookup(
      'host.test',
      { all },
      (error, address, family) => resolve(error ?? (all ? address : { address, family })),
    )
  })

describe('createOutboundGuard', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://100.100.100.200/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://localhost:3000/',
    'https://api.localhost./',
  ])('refuses %s', (url) => {
    expect(guard.faultOf(url)).toMatch(/is not a public address/)
  })

  it.each([
    ['ftp://example.com/', 'must begin with'],
    ['file:///etc/passwd', 'must begin with'],
    ['https://user:password@example.com/', 'user or password'],
    ['example.com', 'no URL'],
  ])('refuses %s with what is wrong', (url, fault) => {
    expect(guard.faultOf(url)).toContain(fault)
  })

  it.each(['https://example.com/hook', 'http://8.8.8.8:8080/', 'https://[2606:4700::1111]/'])(
    'takes %s',
    (url) => {
      expect(guard.faultOf(url)).toBeUndefined()
    },
  )

  it('takes what the operator allowed, in every spelling, and nothing beside it', () => {
    const opened = createOutboundGuard(['127.0.0.0/8', '::1', '10.1.0.0/16'])
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '10.1.2.3', '[::ffff:127.0.0.1]']) {
      expect(opened.faultOf(`http://${host}/`)).toBeUndefined()
    }
    expect(opened.faultOf('http://10.2.0.1/')).toMatch(/not a public/)
    expect(opened.faultOf('http://[::2]/')).toMatch(/not a public|reserved/)
  })

  it('looks at what a name means when the connection is made', async () => {
    expect(await lookUp([], ['93.184.216.34'])).toEqual([{ address: '93.184.216.34', family: 4 }])
    expect(await lookUp([], ['93.184.216.34'], false)).toEqual({ address: '93.184.216.34', family: 4 })
    expect(await lookUp([], ['10.0.0.1'])).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' })
    expect(await lookUp(['10.0.0.0/8'], ['10.0.0.1'])).toEqual([{ address: '10.0.0.1', family: 4 }])
  })

  it('refuses a name of which one address of many is not public', async () => {
    expect(await lookUp([], ['93.184.216.34', '::1'])).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' })
    expect(await lookUp([], ['93.184.216.34', '::ffff:10.0.0.1'])).toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
    })
  })
})
