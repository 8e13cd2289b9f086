/** What jobs need besides the store: archives, and the fillers that read them. */
import { createArchiveFiller } from '../activities/archive-filler.ts'
import type { FillDeps } from '../activities/fill-job.ts'
import { createStoreFiller } from '../activities/store-filler.ts'
import { createArchives } from '../clients/archives.ts'
import type { ArchiveAccess, Store } from '../core/ports.ts'
import { createArchiveReader } from './archive-reader.ts'
import type { LoadedConfig } from './load-config.ts'

export function archivesOf(config: LoadedConfig): ArchiveAccess {
  return createArchives(placesOf(config))
}

function placesOf(config: LoadedConfig): Parameters<typeof createArchives>[0] {
  const { dataDir, archiveDirs, s3Endpoint: endpoint, s3Region: region, s3PathStyle: pathStyle } = config
  return { roots: [dataDir, ...archiveDirs], s3: { endpoint, region, pathStyle } }
}

export function fillersOf({ jobs, lanes, connections }: Store, config: LoadedConfig): FillDeps['fillers'] {
  const { tooOldAfterMs } = config
  const elsewhere = { read: createArchiveReader({ places: placesOf(config), tooOldAfterMs }), connections }
  const archives = archivesOf(config)
  return {
    store: createStoreFiller({ jobs, lanes }),
    archive: createArchiveFiller({ jobs, archives, elsewhere }),
  }
}
