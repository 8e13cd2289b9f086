// The S3 client against a real server of that protocol, s3rver, in this process and on loopback.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import S3rver from 's3rver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createS3Archives } from '../../clients/archive-s3.ts'

const place = 's3://archive/segment-logs'
let folder: string, server: S3rver, endpoint: string, client: S3Client

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
  folder = await mkdtemp(join(tmpdir(), 'causeway-s3-'))
  server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'archive', configs: [] }],
  })
  const address = await server.run()
  endpoint = `http://127.0.0.1:${address.port}`
  client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true })
})

afterAll(async () => {
  client.destroy()
  await server.close()
  await rm(folder, { recursive: true })
  vi.unstubAllEnvs()
})

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of from) found.push(one)
  return found
}

const archives = () => createS3Archives({ endpoint, region: 'us-east-1', pathStyle: true })
const put = (Key: string, Body: Uint8Array) =>
  client.send(new PutObjectCommand({ Bucket: 'archive', Key, Body }))

describe('createS3Archives', () => {
  it('lists the folder it was given, in order, and reads several gzip members as one file', async () => {
    await put('segment-logs/b.gz', Buffer.concat([gzipSync('{"n":1}\n'), gzipSync('{"n":2}\n{"n":3}')]))
    await put('segment-logs/a.gz', gzipSync('{"n":0}\n'))
    await put('segment-logs-of-others/c.gz', gzipSync('{"n":9}\n'))
    const files = await all(archives().list(place))
    expect(files.map(({ file }) => file)).toEqual(['segment-logs/a.gz', 'segment-logs/b.gz'])
    const lines = await Promise.all(files.map((file) => all(archives().lines(place, file, 0))))
    expect(lines.map((of) => of.flat().length)).toEqual([1, 4])
  })

  it('says that an object vanished, and that one was rewritten', async () => {
    await put('segment-logs/gone.gz', gzipSync('{}\n'))
    const [gone] = await all(archives().list(place, 'segment-logs/gone.gz'))
    if (!gone) throw new Error('s3rver lists what was put')
    await put('segment-logs/gone.gz', gzipSync('{"other":1}\n'))
    await expect(all(archives().lines(place, gone, 0))).rejects.toMatchObject({
      code: 'archive_file_changed',
    })
    await client.send(new DeleteObjectCommand({ Bucket: 'archive', Key: gone.file }))
    await expect(all(archives().lines(place, gone, 0))).rejects.toMatchObject({
      code: 'archive_file_gone',
    })
    expect(await all(archives().list(place, gone.file))).toEqual([])
  })

  it('refuses wrong credentials and a bucket that is not there, by name and without a key', async () => {
    await expect(all(archives().list('s3://nowhere/x'))).rejects.toMatchObject({
      code: 'archive_forbidden',
    })
    // s3rver does not check signatures of version 4: it knows a stranger by the key id alone.
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'wrong-id')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong-secret')
    const refused = all(archives().list(place))
    await expect(refused).rejects.toMatchObject({ code: 'archive_forbidden' })
    await expect(refused).rejects.not.toThrow(/wrong-secret/)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
  })
})
