// The scans of the two hot messages against JSON.parse: never another answer, only none.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanDelta } from '../../../relay/openai/delta-scan.ts'
import { scanMedia } from '../../../relay/twilio/media-scan.ts'

const media = (fields: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  event: 'media',
  sequenceNumber: '4',
  media: { track: 'inbound', chunk: '2', timestamp: '25', payload: 'f39/AA==', ...fields },
  streamSid: `MZ${'1'.repeat(32)}`,
  ...more,
})
const delta = (fields: Record<string, unknown> = {}) => ({
  type: 'response.output_audio.delta',
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  delta: 'f39/AA==',
  ...fields,
})
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('the scan of a media message', () => {
  it('reads the message of the carrier as it is documented', () => {
    expect(scanMedia(bytes(media()))).toEqual({ payload: 'f39/AA==', chunk: 2, timestamp_ms: 25 })
  })

  it.each([
    ['another event', { event: 'mark', mark: { name: 'media' } }],
    ['no payload', media({ payload: undefined })],
    ['a number that is none', media({ chunk: 'two' })],
    ['a number that is no text', media({ timestamp: 25 })],
    ['an escape before the sound', media({ track: 'say "payload":"' })],
    ['a message that is far too long', media({ payload: 'A'.repeat(5_000) })],
  ])('%s is left to the ordinary way', (_name, message) => {
    expect(scanMedia(bytes(message))).toBeNull()
  })

  it('a message that was cut anywhere is never read as a whole one with another payload', () => {
    const whole = bytes(media())
    for (let end = 0; end < whole.length; end++) {
      const scanned = scanMedia(whole.subarray(0, end))
      if (scanned) expect(scanned.payload).toBe('f39/AA==')
    }
  })
})

describe('the scan of an audio delta', () => {
  it.each(['response.output_audio.delta', 'response.audio.delta'])('reads %s', (type) => {
    expect(scanDelta(bytes(delta({ type })))).toEqual({ response_id: 'resp_1', item_id: 'item_1', delta: 'f39/AA==' })
  })

  it.each([
    ['another event', delta({ type: 'response.output_audio_transcript.delta' })],
    ['a nested object', delta({ item_id: { id: 'item_1' } })],
    ['an escape', delta({ item_id: 'item\\n1' })],
    ['no item', delta({ item_id: undefined })],
    ['no sound', delta({ delta: undefined })],
    ['a type that only stands in a text', { type: 'x', text: '"type":"response.audio.delta"' }],
  ])('%s is left to the ordinary way', (_name, message) => {
    expect(scanDelta(bytes(message))).toBeNull()
  })
})

it('whatever stands in the fields, both scans say what parsing says or nothing', () => {
  const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('"', '\\', '{', '"payload":"', '"delta":"', '17'))
  fc.assert(
    fc.property(text, text, text, text, (a, b, c, d) => {
      const one = media({ chunk: a, timestamp: b, payload: c }, { extra: d })
      const scanned = scanMedia(bytes(one))
      if (scanned) expect(scanned).toEqual({ payload: c, chunk: Number(a), timestamp_ms: Number(b) })
      const two = delta({ response_id: a, item_id: b, delta: c, event_id: d })
      const sound = scanDelta(bytes(two))
      if (sound) expect(sound).toEqual({ response_id: a, item_id: b, delta: c })
    }),
    { numRuns: 5_000 },
  )
})
