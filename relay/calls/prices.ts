// Prices as a dated table: what a token, a second and a carrier minute cost. Facts of vendors, not of ours.

/** USD per million tokens. */
export interface ModelPrice {
  text_in: number
  text_cached: number
  text_out: number
  audio_in: number
  audio_cached: number
  audio_out: number
  image_in: number
  image_cached: number
}
export interface TranscriptionPrice {
  usd_per_minute?: number
  /** USD per million tokens. */
  input_tokens?: number
  output_tokens?: number
}
export interface PriceTable {
  as_of: string
  models: Record<string, ModelPrice>
  transcription: Record<string, TranscriptionPrice>
  /** USD per started minute, US numbers, media stream included. */
  carrier: { inbound_per_minute: number; outbound_per_minute: number; stream_per_minute: number }
}

const flagship: ModelPrice = {
  text_in: 4,
  text_cached: 0.4,
  text_out: 24,
  audio_in: 32,
  audio_cached: 0.4,
  audio_out: 64,
  image_in: 5,
  image_cached: 0.5,
}

/** Source: the vendors' public price pages as read on the date; an account's contract may differ. */
export const PRICES: PriceTable = {
  as_of: '2026-11-23',
  models: {
    'gpt-realtime-2.1': flagship,
    'gpt-realtime-2': flagship,
    'gpt-realtime-1.5': { ...flagship, text_out: 16 },
    'gpt-realtime-2.1-mini': {
      text_in: 0.6,
      text_cached: 0.06,
      text_out: 2.4,
      audio_in: 10,
      audio_cached: 0.3,
      audio_out: 20,
      image_in: 0.8,
      image_cached: 0.08,
    },
  },
  transcription: {
    'gpt-transcribe': { usd_per_minute: 0.0045 },
    'gpt-4o-mini-transcribe': { input_tokens: 3, output_tokens: 5 },
  },
  carrier: { inbound_per_minute: 0.0085, outbound_per_minute: 0.014, stream_per_minute: 0.0044 },
}
