/**
 * A set of ids by 64 bits of hash, eight bytes a place: ten million ids of a list are compared with the ledger in a
 * quarter of a gigabyte less than their texts would take. Two of a million ids share a hash once in some ten million
 * times; what that hides, the next comparison finds.
 */
export class IdSet {
  private slots = new Uint32Array(2 * 1024)
  size = 0

  add(id: string): void {
    if (this.size * 8 >= this.slots.length * 3) this.grow()
    const [high, low] = hashOf(id)
    if (this.put(high, low)) this.size += 1
  }

  has(id: string): boolean {
    const [high, low] = hashOf(id)
    const { slots } = this
    for (let at = this.start(high); ; at = (at + 2) & (slots.length - 1)) {
      if (slots[at] === 0 && slots[at + 1] === 0) return false
      if (slots[at] === high && slots[at + 1] === low) return true
    }
  }

  private start(high: number): number {
    return (high << 1) & (this.slots.length - 1)
  }

  /** False when it is there. */
  private put(high: number, low: number): boolean {
    const { slots } = this
    for (let at = this.start(high); ; at = (at + 2) & (slots.length - 1)) {
      if (slots[at] === high && slots[at + 1] === low) return false
      if (slots[at] !== 0 || slots[at + 1] !== 0) continue
      slots[at] = high
      slots[at + 1] = low
      return true
    }
  }

  private grow(): void {
    const old = this.slots
    this.slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 2) {
      const [high = 0, low = 0] = [old[at], old[at + 1]]
      if (high !== 0 || low !== 0) this.put(high, low)
    }
  }
}

/** Two 32-bit multiplicative hashes, mixed with each other at the end; never both zero, which marks a free place. */
function hashOf(id: string): [number, number] {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x5f356495)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return [a >>> 0, (b | 1) >>> 0]
}
