/** Archives wherever they are: `s3://bucket/prefix`, or a folder that may be read from. */
import type { ArchiveAccess } from '../core/ports.ts'
import { createFolderArchives } from './archive-folder.ts'
import type { S3Settings } from './archive-s3.ts'

export function createArchives({ roots, s3 }: { roots: readonly string[]; s3: S3Settings }): ArchiveAccess {
  const folders = createFolderArchives(roots)
  let buckets: Promise<ArchiveAccess> | undefined
  // The SDK is large: it is loaded when somebody asks for a bucket.
  const load = async () => (await import('./archive-s3.ts')).createS3Archives(s3)
  const of = async (path: string) => (/^s3:/i.test(path) ? (buckets ??= load()) : folders)
  return {
    resolve: async (path) => (await of(path)).resolve(path),
    async *list(path, only) {
      yield* (await of(path)).list(path, only)
    },
    async *lines(path, ...rest) {
      yield* (await of(path)).lines(path, ...rest)
    },
  }
}
