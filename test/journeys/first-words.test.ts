import { describe, expect, it } from 'vitest'
import { until } from '../support/running-relay.ts'
import { BILLING, numberedFrame, numbersIn, stageForTests } from '../support/stage.ts'

const stage = stageForTests()

describe('[L11] the caller’s first words', () => {
  it.each([0, 400, 2_000])(
    'a model that opens in %i ms loses no frame, doubles none and keeps their order',
    async (open_after_ms) => {
      const { model, network } = await stage({ open_after_ms })
      const call = network.placeCall({ from: '+14155550142', to: BILLING })
      await call.streaming
      const frames = Array.from({ length: 150 }, (_, index) => numberedFrame(index + 1))
      await call.speak(Buffer.concat(frames))
      const session = await model.session()
      await until(() => session.audio.length >= 160 * 150 && numbersIn(session.audio).at(-1) === 150)
      const numbers = numbersIn(session.audio)
      expect(numbers).toEqual(frames.map((_, index) => index + 1))
      const [first] = session.received.filter((event) => event.type === 'input_audio_buffer.append')
      expect(session.received.findIndex((event) => event.type === 'session.update')).toBeLessThan(
        session.received.indexOf(first!),
      )
    },
    30_000,
  )
})
