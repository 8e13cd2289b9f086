import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignedByStatsig } from '../../api/statsig-signature.ts'

const nowMs = 1_767_225_600_000
const body = Buffer.from('[{"eventName":"x"}]')
const sign = (timestamp: string, secret = 's', signed: Uint8Array = body) => ({
  timestamp,
  signature: `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(signed).digest('hex')}`,
})
const isSigned = (claim: Parameters<typeof isSignedByStatsig>[0]) =>
  isSignedByStatsig(claim, 's', body, nowMs)

describe('isSignedByStatsig', () => {
  it('takes the signature of the documented base string, in ms and in seconds', () => {
    expect(isSigned(sign(String(nowMs)))).toBe(true)
    expect(isSigned(sign(String(nowMs / 1000)))).toBe(true)
  })
  it('takes a time up to five minutes away on either side, and none beyond', () => {
    for (const away of [-300_000, 300_000]) expect(isSigned(sign(String(nowMs + away)))).toBe(true)
    for (const away of [-300_001, 300_001]) expect(isSigned(sign(String(nowMs + away)))).toBe(false)
  })
  it('refuses another secret, another body, another time and another version', () => {
    expect(isSigned(sign(String(nowMs), 'other'))).toBe(false)
    expect(isSigned(sign(String(nowMs), 's', Buffer.from('[]')))).toBe(false)
    expect(isSigned({ ...sign(String(nowMs)), timestamp: String(nowMs + 1) })).toBe(false)
    expect(
      isSigned({ ...sign(String(nowMs)), signature: sign(String(nowMs)).signature.replace('v0', 'v1') }),
    ).toBe(false)
  })
  it('refuses what is missing or no number', () => {
    expect(isSigned({ signature: sign(String(nowMs)).signature, timestamp: undefined })).toBe(false)
    expect(isSigned({ signature: undefined, timestamp: String(nowMs) })).toBe(false)
    expect(isSigned(sign('soon'))).toBe(false)
  })
})
