/** A unit id's place between 0 and 1: the same in every process and version, so that a person stays in or out. */

/**
 * 32-bit FNV-1a over the UTF-16 code units, with MurmurHash3's finalizer, without which ids that differ in their last
 * character alone would stand close together. No salt: a sample of 5 % is part of one of 10 %.
 * http://www.isthe.com/chongo/tech/comp/fnv/, https://github.com/aappleby/smhasher/wiki/MurmurHash3
 */
export function sampleOf(unitId: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < unitId.length; at++) {
    const code = unitId.charCodeAt(at)
    hash = Math.imul(hash ^ (code & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (code >>> 8), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
