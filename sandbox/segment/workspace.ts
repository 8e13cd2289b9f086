// The one workspace of the sandbox: two sources, and what is made in it over the Public API.
import { statsigMetadata, webhookMetadata, type DestinationMetadata } from './public-api/catalog.ts'

export interface Source {
  id: string
  slug: string
  name: string
  workspaceId: string
  enabled: boolean
  writeKeys: string[]
}

export interface Destination {
  id: string
  name: string
  enabled: boolean
  metadata: DestinationMetadata
  sourceId: string
  settings: Record<string, unknown>
}

/** Segment calls it a mapping in its app: what of a source's events goes through a destination's action, and how. */
export interface Subscription {
  id: string
  name: string
  actionId: string
  actionSlug: string
  destinationId: string
  enabled: boolean
  settings: Record<string, unknown>
  trigger: string
}

const id = 'sandbox-workspace'

function sourceNamed(name: string): Source {
  return {
    id: `source-id-${name}`,
    slug: name,
    name,
    workspaceId: id,
    enabled: true,
    writeKeys: [`source-${name}`],
  }
}

export class Workspace {
  readonly id = id
  readonly slug = 'sandbox'
  readonly name = 'Sandbox'
  readonly sources: readonly Source[] = [sourceNamed('web'), sourceNamed('server')]
  readonly catalog: readonly DestinationMetadata[] = [webhookMetadata, statsigMetadata]
  readonly destinations = new Map<string, Destination>()
  readonly subscriptions = new Map<string, Subscription>()

  source(sourceId: string): Source | undefined {
    return this.sources.find((source) => source.id === sourceId)
  }

  subscriptionsOf(destinationId: string): Subscription[] {
    return [...this.subscriptions.values()].filter(
      (subscription) => subscription.destinationId === destinationId,
    )
  }

  /** Removes a destination and its subscriptions. */
  removeDestination(destinationId: string): void {
    this.destinations.delete(destinationId)
    for (const { id: subscriptionId } of this.subscriptionsOf(destinationId)) {
      this.subscriptions.delete(subscriptionId)
    }
  }

  /** Enabled subscriptions of enabled destinations of the source with this write key. */
  routesOf(writeKey: string): { destination: Destination; subscription: Subscription }[] {
    const source = this.sources.find(({ writeKeys, enabled }) => enabled && writeKeys.includes(writeKey))
    const destinations = [...this.destinations.values()].filter(
      ({ sourceId, enabled }) => enabled && sourceId === source?.id,
    )
    return destinations.flatMap((destination) =>
      this.subscriptionsOf(destination.id)
        .filter(({ enabled }) => enabled)
        .map((subscription) => ({ destination, subscription })),
    )
  }

  /** Destinations with their subscriptions, in the order in which they were made: for inspection. */
  inventory(): (Destination & { subscriptions: Subscription[] })[] {
    return [...this.destinations.values()].map((destination) => ({
      ...destination,
      subscriptions: this.subscriptionsOf(destination.id),
    }))
  }

  forget(): void {
    this.destinations.clear()
    this.subscriptions.clear()
  }
}
