// Where archives of tests lie: a folder, and a bucket of s3rver, a real server of S3's protocol, on loopback.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import S3rver from 's3rver'
import { vi } from 'vitest'
import { createArchives } from '../../clients/archives.ts'
import type { ArchiveAccess } from '../../core/ports.ts'

export interface ArchiveHome {
  archives: ArchiveAccess
  /** What a replay is given as its path. */
  path: string
  put: (file: string, bytes: Uint8Array) => Promise<void>
  remove: (file: string) => Promise<void>
  close: () => Promise<void>
}

const noS3 = { endpoint: undefined, region: 'us-east-1', pathStyle: true }

export async function folderHome(): Promise<ArchiveHome> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'causeway-archive-')))
  return {
    archives: createArchives({ roots: [path], s3: noS3 }),
    path,
    async put(file, bytes) {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), bytes)
    },
    remove: async (file) => rmSync(join(path, file)),
    close: async () => rmSync(path, { recursive: true }),
  }
}

export async function bucketHome(): Promise<ArchiveHome> {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
  const directory = mkdtempSync(join(tmpdir(), 'causeway-s3-'))
  const configureBuckets = [{ name: 'archive', configs: [] }]
  const server = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true },
    directory,
    configureBuckets,
  })
  const { port } = await server.run()
  const endpoint = `http://127.0.0.1:${port}`
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true })
  const place = (file: string) => ({ Bucket: 'archive', Key: file })
  return {
    archives: createArchives({ roots: [], s3: { ...noS3, endpoint } }),
    path: 's3://archive',
    async put(file, Body) {
      await client.send(new PutObjectCommand({ ...place(file), Body }))
    },
    async remove(file) {
      await client.send(new DeleteObjectCommand(place(file)))
    },
    async close() {
      client.destroy()
      await server.close()
      rmSync(directory, { recursive: true })
      vi.unstubAllEnvs()
    },
  }
}
