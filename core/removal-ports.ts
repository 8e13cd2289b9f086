/** The removal of a connection from the store. Part of core/ports.ts. */
import type { LaneName } from './lanes.ts'
import type { Connection } from './ports.ts'

export interface RemovalStore {
  /** Says that a connection is being removed. Until it is closed it works as before. Throws `not_found`. */
  begin(connectionId: string, nowMs: number): Promise<Connection>
  /**
   * Ends it: its keys and grants are gone, its write key is free, and it is found by no call any more. What was still
   * pending counts as ended, so that retention removes it in its time; answers how much that was, by lane.
   */
  close(connectionId: string, nowMs: number): Promise<{ lane: LaneName; discarded: number }[]>
  /**
   * Removes what is stored of a connection that is closed, in short steps; hands out numbers of rows. What holds sums
   * of the whole store stays, without anything of the connection's content.
   */
  purge(connectionId: string): AsyncIterable<number>
}
