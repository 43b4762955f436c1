// What a model writes beside its voice.
import { expect, it } from 'vitest'
import { CallWords } from '../../../relay/live/call-words.ts'
import { LiveView } from '../../../relay/live/live-view.ts'
import { fakeClock } from '../../support/fake-clock.ts'

it.each([
  ['an object', '{"reason":"a refund"}', { reason: 'a refund' }],
  ['no JSON', '{"reason":', { text: '{"reason":' }],
  ['a list', '[1]', { text: '[1]' }],
  ['nested without end', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, { text: expect.stringContaining('{"a":{"a":') }],
])('the arguments of a tool that are %s are kept as far as they can be shown', (_what, json, shown) => {
  const clock = fakeClock()
  const words = new CallWords({ view: new LiveView(clock.now()), clock, lay: () => {}, tell: () => {} })
  words.tool('escalate', json, 'done', false, { at: clock.now(), ms: 0 })
  expect(words.turns).toMatchObject([{ kind: 'tool', arguments: shown }])
})
