/** Seals secrets at rest: AES-256-GCM, with the id of the key that sealed it in front (NIST SP 800-38D). */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { BridgeError } from '../core/errors.ts'

export interface SecretBox {
  /** Of the master key: the beginning of a hash, 16 hex digits. */
  keyId: string
  seal(secret: string, purpose: string): Buffer
  /** Throws `secret_unreadable` when the box has another key or the text was altered. */
  open(sealed: Buffer, purpose: string): string
}

const versionByte = 1
const keyIdBytes = 8
const nonceBytes = 12
const tagBytes = 16

/**
 * A box with one 32-byte master key. `purpose` is bound to the sealed text: a secret cannot be moved to another row.
 * Layout: version (1) · key id (8) · nonce (12) · tag (16) · ciphertext.
 */
export function createSecretBox(masterKey: Buffer): SecretBox {
  if (masterKey.length !== 32) throw new RangeError('CAUSEWAY_SECRET_KEY must be 32 bytes, base64')
  const keyId = createHash('sha256')
    .update('causeway-key-id')
    .update(masterKey)
    .digest()
    .subarray(0, keyIdBytes)
  return {
    keyId: keyId.toString('hex'),
    seal(secret, purpose) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(versionByte), keyId, nonce, cipher.getAuthTag(), text])
    },
    open(sealed, purpose) {
      const [nonceAt, tagAt] = [1 + keyIdBytes, 1 + keyIdBytes + nonceBytes]
      if (sealed[0] !== versionByte || !sealed.subarray(1, nonceAt).equals(keyId)) {
        throw new BridgeError(
          'secret_unreadable',
          `${purpose} was sealed with another master key (${keyIdOf(sealed)}) than this one (${keyId.toString('hex')})`,
        )
      }
      try {
        const decipher = createDecipheriv('aes-256-gcm', masterKey, sealed.subarray(nonceAt, tagAt), {
          authTagLength: tagBytes,
        })
        decipher.setAAD(Buffer.from(purpose)).setAuthTag(sealed.subarray(tagAt, tagAt + tagBytes))
        return decipher.update(sealed.subarray(tagAt + tagBytes), undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw new BridgeError('secret_unreadable', `${purpose} was altered`, { cause })
      }
    },
  }
}

/** Id of the master key that sealed a text, in hex. */
export const keyIdOf = (sealed: Buffer): string => sealed.subarray(1, 1 + keyIdBytes).toString('hex')

/** By what a Statsig key is found again without being readable. Keys are long random texts: no salt is needed. */
export function hashKey(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
