/** What stands where a page is not there (yet). */
import { Skeleton } from '@mantine/core'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { ButtonLink } from '../parts/button-link.tsx'

export function PageLoading() {
  return (
    <div className="page stack wide" aria-busy="true">
      <Skeleton height={28} width={240} />
      <Skeleton height={160} />
      <Skeleton height={240} />
    </div>
  )
}

export function PageFailed({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <div className="page">
      <PageHead title="This page broke">
        Events go on being accepted and delivered; only the picture is gone.
      </PageHead>
      <ProblemNote error={error} retry={reset} />
    </div>
  )
}

export function NotFound() {
  return (
    <main className="page stack wide" id="main">
      <PageHead title="Nothing is at this address">
        It may have been removed, or the link is cut short.
      </PageHead>
      <div>
        <ButtonLink to="/">Go to the overview</ButtonLink>
      </div>
    </main>
  )
}
