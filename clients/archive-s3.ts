/**
 * Archives in S3 or a store that speaks as it does, by the AWS SDK. Credentials come from its own chain: environment,
 * profile, container, instance (docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html).
 */
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { BridgeError } from '../core/errors.ts'
import type { ArchiveAccess, ArchiveFile } from '../core/ports.ts'
import { readLines } from './archive-lines.ts'

export interface S3Settings {
  /** Of a store that is not AWS; undefined: AWS. */
  endpoint?: string | undefined
  region: string
  /** `http://host/bucket` instead of `http://bucket.host`: what most stores that are not AWS need. */
  pathStyle: boolean
}

export function createS3Archives({ endpoint, region, pathStyle }: S3Settings): ArchiveAccess {
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    // Other stores know no checksums of AWS's own kind.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return {
    async resolve(path) {
      placeOf(path)
      return path
    },
    async *list(path, only) {
      const { bucket, prefix } = placeOf(path)
      if (only !== undefined) {
        const file = await head(client, bucket, only)
        if (file) yield file
        return
      }
      yield* listAll(client, bucket, prefix)
    },
    lines: (path, file, offset, signal) =>
      readLines(() => read(client, placeOf(path).bucket, file, signal), offset),
  }
}

/** Throws `path_not_allowed` where it is not `s3://bucket[/prefix]`. */
function placeOf(path: string): { bucket: string; prefix: string } {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(path) ?? []
  if (bucket === undefined) throw new BridgeError('path_not_allowed', 'Name it as s3://bucket/prefix.')
  // A prefix is a folder: `logs` must not mean `logs-of-another-team` too.
  return { bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` }
}

/** S3 lists keys in the order of their UTF-8 bytes, a thousand at a time. */
async function* listAll(client: S3Client, bucket: string, prefix: string): AsyncGenerator<ArchiveFile> {
  for (let token: string | undefined; ;) {
    const page = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token })
    const answer = await client.send(page).catch((error: unknown) => {
      throw s3Error(error, bucket)
    })
    for (const { Key, ETag, Size } of answer.Contents ?? [])
      if (Key?.endsWith('.gz')) yield { file: Key, etag: ETag ?? '', bytes: Size ?? 0 }
    token = answer.NextContinuationToken
    if (token === undefined) return
  }
}

async function head(client: S3Client, bucket: string, key: string): Promise<ArchiveFile | undefined> {
  try {
    const { ETag, ContentLength } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    return { file: key, etag: ETag ?? '', bytes: ContentLength ?? 0 }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw s3Error(error, bucket)
  }
}

/** One version of an object, or none: `If-Match` refuses any other. */
async function* read(
  client: S3Client,
  bucket: string,
  { file, etag }: ArchiveFile,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: file, IfMatch: etag })
  try {
    const { Body, ETag } = await client.send(get, signal ? { abortSignal: signal } : {})
    // A store that ignores If-Match is believed by its answer.
    if (ETag !== undefined && ETag !== etag) throw new BridgeError('archive_file_changed', file)
    for await (const piece of Body as AsyncIterable<Uint8Array>) yield piece
  } catch (error) {
    if (error instanceof BridgeError) throw error
    const status = statusOf(error)
    if (status === 404) throw new BridgeError('archive_file_gone', file, { cause: error })
    if (status === 412) throw new BridgeError('archive_file_changed', file, { cause: error })
    throw s3Error(error, bucket)
  }
}

function statusOf(error: unknown): number | undefined {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return metadata?.httpStatusCode
}

/** What a person must put right, and what heals: names of S3's own errors, never a key. */
function s3Error(error: unknown, bucket: string): BridgeError {
  const name = error instanceof Error ? error.name : 'unknown fault'
  const status = statusOf(error)
  const isOurs = status === 403 || status === 404 || status === 401 || status === 301
  const isKeyless = /Credential|TokenProvider/.test(name)
  return isOurs || isKeyless
    ? new BridgeError('archive_forbidden', `Bucket ${bucket}: ${name}.`, { cause: error })
    : new BridgeError('archive_unreadable', `Bucket ${bucket}: ${name}.`, { cause: error })
}
