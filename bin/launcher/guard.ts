/**
 * Ends a foreign process when the launcher is gone, even by kill -9. A shell reads from a pipe whose other end only
 * the launcher holds: when that closes, the read returns and the shell sends SIGTERM. Our own node processes need
 * none, since their channel closes.
 */
import { spawn } from 'node:child_process'

const script = `trap '' INT TERM HUP; read -r _; kill "$1"`

/** Starts the guard; the answer releases it, to be called as soon as the process has ended. */
export function guard(pid: number): () => void {
  if (process.platform === 'win32') return () => {}
  const shell = spawn('/bin/sh', ['-c', script, 'causeway-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', () => {}) // without a shell there is no guard, and nothing else suffers
  shell.stdin.on('error', () => {})
  return () => void shell.kill('SIGKILL')
}
