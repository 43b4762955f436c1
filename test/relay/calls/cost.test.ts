import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addResponseUsage, NO_USAGE, priceCall, type ResponseUsage } from '../../../relay/calls/cost.ts'
import { PRICES } from '../../../relay/calls/prices.ts'

const costOf = (usage: ResponseUsage) =>
  priceCall(
    addResponseUsage(NO_USAGE, usage),
    { model: 'gpt-realtime-2.1', transcription_model: null, direction: 'inbound', seconds: 0 },
    PRICES,
  ).model

const tokens = fc.nat({ max: 5_000 })
const perhaps = fc.option(tokens, { nil: undefined })
const input = fc.record({ text_tokens: tokens, audio_tokens: tokens, image_tokens: tokens })
const split = fc.record({ text_tokens: perhaps, audio_tokens: perhaps, image_tokens: perhaps })

describe('odd figures of cached tokens', () => {
  it('more cached than sent is taken as all of it: a response costs no less than that, and no more than none', () => {
    fc.assert(
      fc.property(
        input,
        perhaps,
        fc.option(split, { nil: undefined }),
        (sent, cached_tokens, cached_tokens_details) => {
          const cost = costOf({ input_token_details: { ...sent, cached_tokens, cached_tokens_details } })
          const all_cached = costOf({ input_token_details: { ...sent, cached_tokens_details: sent } })
          expect(cost).toBeGreaterThanOrEqual(all_cached)
          expect(cost).toBeLessThanOrEqual(costOf({ input_token_details: sent }))
        },
      ),
    )
  })

  it('ten times as much cached as sent is not a negative cost', () => {
    const sent = { text_tokens: 100, audio_tokens: 100, image_tokens: 10 }
    const cached_tokens_details = { text_tokens: 1_000, audio_tokens: 1_000, image_tokens: 100 }
    expect(costOf({ input_token_details: { ...sent, cached_tokens: 2_100, cached_tokens_details } })).toBe(
      costOf({ input_token_details: { ...sent, cached_tokens_details: sent } }),
    )
  })
})
