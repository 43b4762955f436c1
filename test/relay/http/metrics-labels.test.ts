// Labels are few, known and nobody's own.
import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tenantLabels } from '../../../relay/http/metrics-labels.ts'
import { newId } from '../../../relay/platform/ids.ts'
import { relay, report, SINCE } from './measured-relay.ts'
import { samplesOf } from './samples.ts'

describe('labels', () => {
  const e164 = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.stringMatching(/^\d{6,14}$/))
    .map(([first, rest]) => `+${first}${rest}`)
  const call_sid = fc.stringMatching(/^CA[0-9a-f]{32}$/)
  const person = fc.constantFrom('Dana Ortiz', 'dana@acme.example', 'tnt_+13125550142', 'worker_13125550142')
  const anything = fc.oneof(
    e164,
    e164.map((number) => number.slice(1)),
    call_sid,
    person,
    fc.string(),
  )

  test('whatever is handed in by mistake, no label has a phone number, a call or an address', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 4 }), async (given) => {
        const { is, metrics } = relay()
        for (const [index, text] of given.entries()) {
          const wrong = text as never
          metrics.callEnded({ tenant_id: text, outcome: wrong, duration_seconds: 1, cost: 1, interruptions: 1 })
          metrics.callRefused(text, wrong)
          metrics.replied(text, 500)
          metrics.requestDone(wrong, wrong, 5)
          metrics.eventTold(wrong)
          metrics.socketOpened(wrong, new EventEmitter())
          is.live_calls.set(text, index)
          is.processes.push(report(wrong, {}))
        }
        const labels = samplesOf(await metrics.registry.metrics()).flatMap((sample) =>
          Object.entries(sample.labels).flatMap(([name, value]) =>
            name === 'le' || name === 'version' ? [] : [value],
          ),
        )
        expect(labels.length).toBeGreaterThan(0)
        for (const label of labels) expect(label).toMatch(/^([A-Za-z][A-Za-z_.]*|\d{3}|worker_\d{1,3})$/)
      }),
      { numRuns: 60 },
    )
  })

  test('ids of tenants are shown as they are', () => {
    const id = newId('tnt', SINCE)
    expect(tenantLabels()(id)).toBe(id)
  })

  test('tenants beyond the limit share a label, and those shown before keep theirs', () => {
    const label = tenantLabels(2)
    expect(['tnt_aaa', 'tnt_bbb', 'tnt_ccc', 'tnt_aaa'].map(label)).toEqual(['tnt_aaa', 'tnt_bbb', 'other', 'tnt_aaa'])
  })
})
