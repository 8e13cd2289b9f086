/** Are the ports free that we are about to use? Asked before anything starts, with the next step for each that is not. */
import { connect, createServer } from 'node:net'

export interface PortUse {
  host: string
  port: number
  /** The environment variable that moves it. */
  variable: string
  usedFor: string
}

/** Where a listener on this host can be reached from this machine. */
export const reachable = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host

/** Whether something accepts connections there. */
export function accepts(host: string, port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: reachable(host).replace(/^\[|\]$/g, ''), port, timeout: timeoutMs })
    const answer = (accepted: boolean) => () => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false))
  })
}

/** Why we could not listen there: an error code, or undefined when we could. */
function refusal(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** The next free port after one that is taken, to suggest it: once, so that two suggestions never meet. */
async function nextFree(host: string, taken: number, used: number[]): Promise<number | undefined> {
  for (let port = taken + 1; port <= Math.min(taken + 50, 65_535); port++)
    if (!used.includes(port) && (await refusal(host, port)) === undefined) {
      used.push(port)
      return port
    }
  return undefined
}

async function problemWith(
  { host, port, variable, usedFor }: PortUse,
  used: number[],
): Promise<string | undefined> {
  // A listener on all addresses does not everywhere keep us from binding one of them: so ask both ways.
  const code = (await accepts(host, port)) ? 'EADDRINUSE' : await refusal(host, port)
  if (code === undefined) return undefined
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is not an address of this machine. Set HOST to one, or leave it out for 127.0.0.1.`
  if (code === 'EACCES')
    return `Port ${port} (${usedFor}) needs more rights than this user has. Set ${variable} to one above 1023.`
  const free = await nextFree(host, port, used)
  const instead =
    free === undefined ? `set ${variable} to a free one` : `use another: ${variable}=${free} npm start`
  return `Port ${port} (${usedFor}) is taken (${code}). Stop the program that holds it, or ${instead}`
}

/** One sentence for each port that cannot be used; empty when all is well. */
export async function portProblems(uses: PortUse[]): Promise<string[]> {
  const used = uses.map(({ port }) => port)
  const problems: string[] = []
  for (const use of uses) {
    const problem = await problemWith(use, used)
    if (problem !== undefined) problems.push(problem)
  }
  return problems
}
