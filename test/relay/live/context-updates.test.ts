// Changes of a call's context against a session that answers late, refuses, or says nothing.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CallEffect } from '../../../relay/live/call-events.ts'
import {
  begunWith,
  type ContextStep,
  confirm,
  NO_UPDATES,
  override,
  refuse,
  sendNewest,
  unanswered,
} from '../../../relay/live/context-updates.ts'

const sent = (effects: CallEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'update_instructions' ? [effect.version] : []))

const answers = fc.oneof(
  fc.record({ type: fc.constant('override' as const), speak_now: fc.boolean() }),
  fc.record({ type: fc.constantFrom('confirm' as const, 'refuse' as const, 'silence' as const) }),
)

it('[L8] one change is in flight at a time, and in the end the session has the newest that was not refused', () => {
  fc.assert(
    fc.property(fc.array(answers, { maxLength: 40 }), (events) => {
      let context = NO_UPDATES
      let version = 0
      const refused = new Set<number>()
      const take = (step: ContextStep) => {
        const { in_flight } = context
        const isAnswered = step.effects.some((effect) => effect.type === 'stop_timer')
        expect(sent(step.effects).length).toBeLessThanOrEqual(in_flight === null || isAnswered ? 1 : 0)
        for (const effect of step.effects) if (effect.type === 'context_refused') refused.add(effect.version)
        context = step.context
      }
      for (const event of events) {
        const { in_flight } = context
        if (event.type === 'override') take(override(context, { version: ++version, speak_now: event.speak_now }, true))
        else if (event.type === 'silence') take(unanswered(context, true))
        else if (in_flight !== null && event.type === 'confirm') take(confirm(context, in_flight, true))
        else if (in_flight !== null) take(refuse(context, in_flight, 'No.', true))
      }
      while (context.in_flight !== null) take(confirm(context, context.in_flight, true))
      expect(context).toMatchObject({ applied: context.wanted, speak_about: null })
      if (!refused.has(version)) expect(context.applied).toBe(version)
    }),
  )
})

it('[L8] nothing is sent before the session is there, and then only what it did not begin with', () => {
  const early = override(NO_UPDATES, { version: 2, speak_now: true }, false)
  expect(early.effects).toEqual([])
  const begun = begunWith(early.context, 2)
  expect(begun).toMatchObject({ effects: [{ type: 'context_applied', version: 2 }], context: { speak_about: null } })
  expect(sendNewest(begun.context, true).effects).toEqual([])
  expect(sent(sendNewest(begunWith(early.context, 1).context, true).effects)).toEqual([2])
})
