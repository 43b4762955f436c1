// What RELAY_FRAMING falls back to carries a whole call, set as an operator sets it.
import { afterEach, describe, expect, it } from 'vitest'
import { type Company, keptOf, NUMBER, startCompany } from '../support/company.ts'
import { until } from '../support/running-relay.ts'
import { numberedFrame, numbersIn } from '../support/stage.ts'

let company: Company | null = null
afterEach(async () => {
  await company?.close()
  company = null
})

describe.each([
  ['one process', '0'],
  ['a call worker', '1'],
])('RELAY_FRAMING=ws, %s', (_where, workers) => {
  it('a call is answered, greeted, heard, interrupted and ended, and nothing of it is lost', async () => {
    company = await startCompany({ RELAY_FRAMING: 'ws', RELAY_WORKERS: workers })
    const call = company.network.placeCall({ from: '+14155550142', to: NUMBER })
    const session = await company.model.session()
    // The library says who it is by nothing but the order of its headers.
    const { header_names } = session
    expect(header_names.indexOf('sec-websocket-key')).toBeLessThan(header_names.indexOf('upgrade'))
    await session.next('response.create')
    await until(() => call.heard.played_ms >= 600)

    const frames = Array.from({ length: 100 }, (_, index) => numberedFrame(index + 1))
    await call.speak(Buffer.concat(frames))
    await until(() => numbersIn(session.audio).at(-1) === 100)
    expect(numbersIn(session.audio)).toEqual(frames.map((_, index) => index + 1))

    const item_id = session.speak('A long answer.', 4_000, { response_id: 'r_long', finish: false })
    await until(() => call.heard.played_ms > 1_000)
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c1', audio_start_ms: 3_000 })
    expect(await session.next('conversation.item.truncate')).toMatchObject({ item_id })
    await until(() => call.heard.cleared_ms > 1_000)

    call.hangUp()
    await call.ended
    const { record } = await keptOf(await company.admin(), call.call_sid)
    expect(record).toMatchObject({ status: 'completed', end_reason: 'The caller hung up.' })
    expect(record.quality).toMatchObject({ interruptions: 1, frames_dropped: 0, malformed_messages: 0 })
    expect(call.errors).toEqual([])
  }, 45_000)
})
