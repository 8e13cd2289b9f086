/** Run by sdk.ts as a process of its own: makes the SDK download one binary into a folder, by starting it once. */
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [kind, downloadDir] = process.argv.slice(2)
if (downloadDir === undefined) throw new Error('usage: sdk-download <cli|test-server> <folder>')

const server = { executable: { type: 'cached-download', downloadDir } } as const
try {
  const environment =
    kind === 'cli'
      ? await TestWorkflowEnvironment.createLocal({ server })
      : await TestWorkflowEnvironment.createTimeSkipping({ server })
  await environment.teardown()
} catch (error) {
  // One line, the cause last: it ends up in the launcher's progress.
  const causes = (error instanceof Error ? error.message : String(error)).split(': ')
  console.error(causes.slice(-2).join(': '))
  process.exitCode = 1
}
