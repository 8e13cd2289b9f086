/**
 * SDKs log `config_exposure` for experiments and dynamic configs alike. Statsig's own integrations tell them apart and
 * name the experiment's group (https://docs.statsig.com/integrations/event_webhook, "Experiment Exposure Formatting");
 * so do we, where the project can be asked which of its configs are experiments.
 */
import { isObject, type Json } from '../own-keys.ts'
import { eventNameOf, type StatsigEventView } from './event.ts'

/** A project's experiments by id, each with the names of its groups by their ids. An exposure's `ruleID` is such an id. */
export type Experiments = ReadonlyMap<string, ReadonlyMap<string, string>>

export const configExposure = 'statsig::config_exposure'
export const experimentExposure = 'statsig::experiment_exposure'

/** The event as Statsig itself would export it: another name and one more key where it is of an experiment. */
export function toldApart(view: StatsigEventView, experiments: Experiments | undefined): StatsigEventView {
  const { item, metadata } = view
  if (experiments === undefined || eventNameOf(item) !== configExposure || !isObject(metadata)) return view
  const { config, ruleID } = metadata
  const groups = typeof config === 'string' ? experiments.get(config) : undefined
  if (groups === undefined) return view
  const group = typeof ruleID === 'string' ? groups.get(ruleID) : undefined
  const isNamed = group === undefined || Object.hasOwn(metadata, 'experimentGroupName')
  const named: Json = isNamed ? metadata : { ...metadata, experimentGroupName: group }
  return { ...view, item: { ...item, eventName: experimentExposure, metadata: named }, metadata: named }
}
