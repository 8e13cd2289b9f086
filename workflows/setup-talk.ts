/** What a person may say to a set-up while it runs, and what has been said. Carries ids alone. */
import type { CancellationScope } from '@temporalio/workflow'
import { ApplicationFailure, condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow'
import type { ChoiceIds, SetupStep } from '../core/setup.ts'

/** Each answers the step that the set-up is at then. Consent has come back and is kept in the store; with a code of Segment's, it was refused. */
export const consentUpdate = defineUpdate<SetupStep, [{ refused?: string }]>('consent')
export const chooseSourceUpdate = defineUpdate<SetupStep, [ChoiceIds]>('chooseSource')
export const cancelSetupUpdate = defineUpdate<SetupStep>('cancelSetup')
/** Something may have changed: look again at once. */
export const lookSignal = defineSignal('look')

export class SetupTalk {
  step: SetupStep
  /** The step that the store tells, a moment later. */
  shown: SetupStep
  consent: { refused?: string } | undefined
  choice: ChoiceIds | undefined
  choices: ChoiceIds[] = []
  isCancelled = false
  looks = 0

  constructor(step: SetupStep, scope: CancellationScope) {
    this.step = step
    this.shown = step
    setHandler(lookSignal, () => void (this.looks += 1))
    setHandler(
      consentUpdate,
      (consent: { refused?: string }) => {
        this.consent ??= consent
        return this.step
      },
      { validator: (_consent: { refused?: string }) => this.#expect('authorize') },
    )
    setHandler(
      chooseSourceUpdate,
      async (choice: ChoiceIds) => {
        this.choice = choice
        // Whoever chose reads the next step.
        await condition(() => this.shown !== 'choose_source')
        return this.shown
      },
      { validator: (choice: ChoiceIds) => this.#expectChoice(choice) },
    )
    setHandler(cancelSetupUpdate, () => {
      this.isCancelled = true
      scope.cancel()
      return this.step
    })
  }

  #expect(step: SetupStep): void {
    if (this.step !== step) throw refusal('setup_not_open', `The set-up is at '${this.step}'.`)
  }

  #expectChoice({ workspaceId, sourceIds }: ChoiceIds): void {
    this.#expect('choose_source')
    const known = this.choices.find((choice) => workspaceId === '' || choice.workspaceId === workspaceId)
    if (!known) throw refusal('source_unknown', `There is no workspace ${workspaceId} to choose.`)
    const unknown = sourceIds.find((id) => !known.sourceIds.includes(id))
    if (unknown !== undefined)
      throw refusal('source_unknown', `There is no source ${unknown} in the workspace.`)
  }
}

export const refusal = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true })
