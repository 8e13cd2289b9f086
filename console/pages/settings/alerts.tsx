/** Whom to tell when something needs a person: a webhook, what it is told of, and a test. */
import { Skeleton } from '@mantine/core'

export function AlertSettings() {
  return <Skeleton height={240} />
}
