/** What jobs need besides the store: archives, and the fillers that read them. */
import { createArchiveFiller } from '../activities/archive-filler.ts'
import type { FillDeps } from '../activities/fill-job.ts'
import { createStoreFiller } from '../activities/store-filler.ts'
import { createArchives } from '../clients/archives.ts'
import type { ArchiveAccess, Store } from '../core/ports.ts'
import type { LoadedConfig } from './load-config.ts'

export function archivesOf(config: LoadedConfig): ArchiveAccess {
  const { dataDir, archiveDirs, s3Endpoint: endpoint, s3Region: region, s3PathStyle: pathStyle } = config
  return createArchives({ roots: [dataDir, ...archiveDirs], s3: { endpoint, region, pathStyle } })
}

export function fillersOf({ jobs, lanes }: Store, archives: ArchiveAccess): FillDeps['fillers'] {
  return { store: createStoreFiller({ jobs, lanes }), archive: createArchiveFiller({ jobs, archives }) }
}
