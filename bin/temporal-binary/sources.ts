/** What a place that Temporal's binaries can be fetched from must offer. */

/** `cli` is `temporal` with the dev server and its Web UI; `test-server` is the one that skips time. */
export type BinaryKind = 'cli' | 'test-server'

/** The name of the executable, wherever it comes from. */
export const executableName: Record<BinaryKind, string> = {
  cli: 'temporal',
  'test-server': 'temporal-test-server',
}

export interface Source {
  /** For the progress line. */
  says(kind: BinaryKind): string
  /** Part of the cached file's name, so that another version is another file. */
  version(kind: BinaryKind): string
  /**
   * Fetches into an empty folder and answers the path of the executable in it. Throws, with a reason for a person,
   * when it cannot or when it makes no progress for some seconds.
   */
  fetch(kind: BinaryKind, folder: string, signal: AbortSignal | undefined): Promise<string>
}
