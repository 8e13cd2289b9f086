// In every test file: connections and name look-ups beyond this machine fail at once, with an error that says so.
import dns from 'node:dns'
import { Socket, isIP } from 'node:net'

/** What a refused connection or look-up fails with. */
export class NetworkRefused extends Error {
  override name = 'NetworkRefused'
  readonly code = 'ENETREFUSED'

  constructor(target: string) {
    super(`Tests talk to this machine only, not to ${target}. Use the sandbox or a server of the test.`)
  }
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|0\.0\.0\.0|::)$/i
const isLoopback = (host: unknown): boolean => typeof host !== 'string' || loopback.test(host)

/** `connect` is called with (options), (port, host) or Node's own [options, callback]; a path is a local socket. */
function targetOf(args: unknown[]): { host: unknown; port: unknown } {
  const first = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0]
  if (typeof first === 'object' && first !== null) {
    const { host, port } = first as { host?: unknown; port?: unknown }
    return { host, port }
  }
  return { host: args[1], port: first }
}

type Connect = (this: Socket, ...args: unknown[]) => Socket

// vitest may load this file again in the same process; patch once.
const patched = Symbol.for('causeway.no-network')
const socket = Socket.prototype as unknown as { connect: Connect; [patched]?: true }
if (!socket[patched]) {
  socket[patched] = true
  const connect = socket.connect
  socket.connect = function (...args) {
    const { host, port } = targetOf(args)
    if (isLoopback(host)) return connect.apply(this, args)
    const error = new NetworkRefused(`${String(host)}:${String(port)}`)
    process.nextTick(() => this.destroy(error))
    return this
  }
  patchLookups()
}

/** Looking up an address asks nobody. */
const needsNoNetwork = (host: unknown): boolean => isLoopback(host) || isIP(String(host)) !== 0

function patchLookups(): void {
  const lookup = dns.lookup as (...args: unknown[]) => void
  const lookupPromise = dns.promises.lookup as (...args: unknown[]) => Promise<unknown>
  Object.assign(dns, {
    lookup: (host: unknown, ...rest: unknown[]): void => {
      if (needsNoNetwork(host)) {
        lookup(host, ...rest)
        return
      }
      const callback = rest.at(-1) as (error: Error) => void
      process.nextTick(() => callback(new NetworkRefused(String(host))))
    },
  })
  Object.assign(dns.promises, {
    lookup: async (host: unknown, ...rest: unknown[]) => {
      if (!needsNoNetwork(host)) throw new NetworkRefused(String(host))
      return lookupPromise(host, ...rest)
    },
  })
}
