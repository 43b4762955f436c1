// What a call used and what that costs. Pure. Cached tokens are included in the input counts: they are taken out once.
import type { CostBreakdown, Usage } from '../../shared/contract/calls.ts'
import type { PriceTable, TranscriptionPrice } from './prices.ts'

export const NO_USAGE: Usage = {
  responses: 0,
  input_text_tokens: 0,
  input_audio_tokens: 0,
  input_image_tokens: 0,
  cached_text_tokens: 0,
  cached_audio_tokens: 0,
  cached_image_tokens: 0,
  output_text_tokens: 0,
  output_audio_tokens: 0,
  transcription_seconds: 0,
  transcription_input_tokens: 0,
  transcription_output_tokens: 0,
  is_estimate: false,
}

/** `response.usage` as the model sends it. Source: OpenAI Realtime, RealtimeResponseUsage; protocols D.14. */
export interface ResponseUsage {
  input_tokens?: number | undefined
  output_tokens?: number | undefined
  input_token_details?:
    | {
        text_tokens?: number | undefined
        audio_tokens?: number | undefined
        image_tokens?: number | undefined
        cached_tokens?: number | undefined
        cached_tokens_details?:
          | { text_tokens?: number | undefined; audio_tokens?: number | undefined; image_tokens?: number | undefined }
          | undefined
      }
    | undefined
  output_token_details?: { text_tokens?: number | undefined; audio_tokens?: number | undefined } | undefined
}

/**
 * Adds one response's usage. Where the split of cached tokens is missing, text is taken as cached first, then audio,
 * and the sum is marked an estimate.
 */
export function addResponseUsage(usage: Usage, response: ResponseUsage): Usage {
  const input = response.input_token_details ?? {}
  const text = input.text_tokens ?? response.input_tokens ?? 0
  const audio = input.audio_tokens ?? 0
  const image = input.image_tokens ?? 0
  const split = input.cached_tokens_details
  const cached = input.cached_tokens ?? 0
  const cachedText = Math.min(split ? (split.text_tokens ?? 0) : cached, text)
  const cachedAudio = Math.min(split ? (split.audio_tokens ?? 0) : cached - cachedText, audio)
  const output = response.output_token_details
  return {
    ...usage,
    responses: usage.responses + 1,
    input_text_tokens: usage.input_text_tokens + text,
    input_audio_tokens: usage.input_audio_tokens + audio,
    input_image_tokens: usage.input_image_tokens + image,
    cached_text_tokens: usage.cached_text_tokens + cachedText,
    cached_audio_tokens: usage.cached_audio_tokens + cachedAudio,
    cached_image_tokens: usage.cached_image_tokens + Math.min(split?.image_tokens ?? 0, image),
    output_text_tokens:
      usage.output_text_tokens + (output?.text_tokens ?? (output ? 0 : (response.output_tokens ?? 0))),
    output_audio_tokens: usage.output_audio_tokens + (output?.audio_tokens ?? 0),
    is_estimate: usage.is_estimate || (cached > 0 && !split) || !response.input_token_details || !output,
  }
}

export type TranscriptionUsage =
  | { type: 'duration'; seconds: number }
  | { type: 'tokens'; input_tokens: number; output_tokens: number }

/** Where the model has no price for what it reports (its minutes, or its tokens), the sum is marked an estimate. */
export function addTranscriptionUsage(
  usage: Usage,
  transcription: TranscriptionUsage,
  price: TranscriptionPrice | undefined,
): Usage {
  const isPriced =
    transcription.type === 'duration' ? price?.usd_per_minute !== undefined : price?.input_tokens !== undefined
  const is_estimate = usage.is_estimate || !isPriced
  if (transcription.type === 'duration') {
    return { ...usage, is_estimate, transcription_seconds: usage.transcription_seconds + transcription.seconds }
  }
  return {
    ...usage,
    is_estimate,
    transcription_input_tokens: usage.transcription_input_tokens + transcription.input_tokens,
    transcription_output_tokens: usage.transcription_output_tokens + transcription.output_tokens,
  }
}

export interface PricedCall {
  model: string
  transcription_model: string | null
  direction: 'inbound' | 'outbound'
  /** Seconds the line has been open. */
  seconds: number
}

/** @returns USD, rounded to a millionth */
export function priceCall(usage: Usage, call: PricedCall, prices: PriceTable): CostBreakdown {
  const price = prices.models[call.model] ?? prices.models[nearestModel(call.model)]
  const { direction, seconds } = call
  return {
    model: round((price ? tokensCost(usage, price) : 0) + transcriptionCost(usage, call.transcription_model, prices)),
    carrier: carrierCost(direction, { seconds, stream_seconds: seconds }, prices),
  }
}

/** @returns USD, rounded to a millionth; started minutes of the call and of its media stream */
export function carrierCost(
  direction: PricedCall['direction'],
  { seconds, stream_seconds }: { seconds: number; stream_seconds: number },
  { carrier }: PriceTable,
): number {
  const per_minute = direction === 'inbound' ? carrier.inbound_per_minute : carrier.outbound_per_minute
  return round(Math.ceil(seconds / 60) * per_minute + Math.ceil(stream_seconds / 60) * carrier.stream_per_minute)
}

export const sumOf = ({ model, carrier }: CostBreakdown): number => round(model + carrier)

function tokensCost(usage: Usage, price: NonNullable<PriceTable['models'][string]>): number {
  const million =
    (usage.input_text_tokens - usage.cached_text_tokens) * price.text_in +
    usage.cached_text_tokens * price.text_cached +
    (usage.input_audio_tokens - usage.cached_audio_tokens) * price.audio_in +
    usage.cached_audio_tokens * price.audio_cached +
    (usage.input_image_tokens - usage.cached_image_tokens) * price.image_in +
    usage.cached_image_tokens * price.image_cached +
    usage.output_text_tokens * price.text_out +
    usage.output_audio_tokens * price.audio_out
  return million / 1_000_000
}

function transcriptionCost(usage: Usage, model: string | null, prices: PriceTable): number {
  const price = prices.transcription[model ?? '']
  if (!price) return 0
  return (
    (usage.transcription_seconds / 60) * (price.usd_per_minute ?? 0) +
    (usage.transcription_input_tokens * (price.input_tokens ?? 0) +
      usage.transcription_output_tokens * (price.output_tokens ?? 0)) /
      1_000_000
  )
}

const nearestModel = (model: string): string => (model.includes('mini') ? 'gpt-realtime-2.1-mini' : 'gpt-realtime-2.1')
const round = (usd: number): number => Math.round(usd * 1_000_000) / 1_000_000
