/** Archives wherever they are: `s3://bucket/prefix`, or a folder that may be read from. */
import type { ArchiveAccess } from '../core/ports.ts'
import { createFolderArchives } from './archive-folder.ts'
import { createS3Archives, type S3Settings } from './archive-s3.ts'

export function createArchives({ roots, s3 }: { roots: readonly string[]; s3: S3Settings }): ArchiveAccess {
  const folders = createFolderArchives(roots)
  let buckets: ArchiveAccess | undefined
  // The SDK is large: it is made when somebody asks for a bucket.
  const of = (path: string) => (/^s3:/i.test(path) ? (buckets ??= createS3Archives(s3)) : folders)
  return {
    resolve: async (path) => of(path).resolve(path),
    list: (path, only) => of(path).list(path, only),
    lines: (path, file, offset, signal) => of(path).lines(path, file, offset, signal),
  }
}
