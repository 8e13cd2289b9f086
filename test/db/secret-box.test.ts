import { describe, expect, it } from 'vitest'
import { createSecretBox, hashKey } from '../../db/secret-box.ts'

const box = createSecretBox(Buffer.alloc(32, 1))
const unreadable = expect.objectContaining({ code: 'secret_unreadable' }) as Error

describe('createSecretBox', () => {
  it.each(['secret-abc', '', 'ключ 🔑', 'x'.repeat(10_000)])('opens what it sealed: %.20s', (secret) => {
    expect(box.open(box.seal(secret, 'con_1/key'), 'con_1/key')).toBe(secret)
  })

  it('seals the same secret differently each time, and shows nothing of it', () => {
    const [first, second] = [box.seal('secret-abc', 'p'), box.seal('secret-abc', 'p')]
    expect(first.equals(second)).toBe(false)
    expect(first.includes('secret-abc')).toBe(false)
  })

  it('opens in another process with the same master key', () => {
    expect(createSecretBox(Buffer.alloc(32, 1)).open(box.seal('secret-abc', 'p'), 'p')).toBe('secret-abc')
  })

  it('names a master key that differs, apart from a text that was altered', () => {
    const sealed = box.seal('secret-abc', 'con_1/key')
    const other = createSecretBox(Buffer.alloc(32, 2))
    expect(() => other.open(sealed, 'con_1/key')).toThrow('con_1/key was sealed with another master key')
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
    expect(() => box.open(sealed, 'con_1/key')).toThrow('con_1/key was altered')
  })

  it('opens for the purpose that it was sealed for and for no other', () => {
    expect(() => box.open(box.seal('secret-abc', 'con_1/a'), 'con_2/a')).toThrow(unreadable)
  })

  it('refuses every text of which one bit was turned', () => {
    const sealed = box.seal('secret', 'p')
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed)
      altered[at] = (altered[at] ?? 0) ^ 4
      expect(() => box.open(altered, 'p'), `byte ${at}`).toThrow(unreadable)
    }
  })

  it('refuses a text that was cut anywhere, a tag of 4 bytes included', () => {
    const sealed = box.seal('', 'p')
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => box.open(sealed.subarray(0, length), 'p'), `${length} bytes`).toThrow(unreadable)
    }
  })

  it.each([0, 16, 31, 33])('takes no master key of %i bytes', (bytes) => {
    expect(() => createSecretBox(Buffer.alloc(bytes))).toThrow('must be 32 bytes')
  })
})

describe('hashKey', () => {
  it('answers the same for the same key, another for another, and not the key', () => {
    expect(hashKey('secret-a')).toBe(hashKey('secret-a'))
    expect(hashKey('secret-a')).not.toBe(hashKey('secret-b'))
    expect(hashKey('secret-a')).toMatch(/^[\w-]{43}$/)
  })
})
