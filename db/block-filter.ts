/**
 * A Bloom filter of what one block of entries can be searched by: it may say yes where the answer is no, about once in
 * fifty, and never no where it is yes. Two rounds of a cheap mixing hash make the places of a text (Kirsch and
 * Mitzenmacher, "Less Hashing, Same Performance", 2006).
 */

/** Just below half a page of the database, so that two rows share one. */
const bytes = 8_000
const bits = bytes * 8
const hashes = 5

/** Kinds of text that a filter holds, each with a seed: a user may be called like an event. */
const seeds = { messageId: 0x9e3779b9, event: 0x85ebca6b, userId: 0xc2b2ae35 } as const
export type FilterKey = keyof typeof seeds

export const emptyFilter = (): Uint8Array => new Uint8Array(bytes)

/** Two 32-bit hashes of a text, written to `pair`: no allocation, this runs three times an entry. */
const pair = new Uint32Array(2)
function hash(key: FilterKey, text: string): void {
  let a = 0xdeadbeef ^ seeds[key]
  let b = 0x41c6ce57 ^ seeds[key]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 2_654_435_761)
    b = Math.imul(b ^ code, 1_597_334_677)
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909)
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909)
  pair[0] = a
  pair[1] = b
}

/** The places of a text in every filter. */
export function placesOf(key: FilterKey, text: string): readonly number[] {
  hash(key, text)
  const [a = 0, b = 0] = pair
  return Array.from({ length: hashes }, (_, n) => ((a + n * b) >>> 0) % bits)
}

export function addToFilter(filter: Uint8Array, key: FilterKey, text: string): void {
  hash(key, text)
  const [a = 0, b = 0] = pair
  for (let n = 0; n < hashes; n += 1) {
    const place = ((a + n * b) >>> 0) % bits
    filter[place >> 3] = (filter[place >> 3] ?? 0) | (1 << (place & 7))
  }
}

/** Whether a text with these places may have been added; false is certain. */
export function mayHold(filter: Uint8Array, places: readonly number[]): boolean {
  return places.every((place) => ((filter[place >> 3] ?? 0) & (1 << (place & 7))) !== 0)
}
