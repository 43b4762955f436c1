// Tokens, counted as the bill is made: text by letters, the caller's audio one per 100 ms, the model's one per
// 50 ms; what stood unchanged in front of the last request is cached.
import type { StoredItem } from './conversation.ts'
import { textOf } from './conversation.ts'
import type { EffectiveSession } from './effective-session.ts'

export interface TokenCount {
  text: number
  audio: number
}

interface Block extends TokenCount {
  readonly key: string
}

/** Cached prefixes come in steps of this size. */
const CACHE_STEP = 64

/**
 * Tokens of a text, roughly.
 * @throws never
 * @source ours: four letters a token
 */
export function textTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

export class UsageMeter {
  #previous: readonly Block[] = []

  /** What this request reads. Remembers it, so that the next one finds its prefix cached. */
  read(
    session: Pick<EffectiveSession, 'instructions' | 'tools'>,
    items: readonly StoredItem[],
  ): { input: TokenCount; cached: TokenCount } {
    const blocks = [headBlock(session), ...items.map(itemBlock)]
    const input = sum(blocks)
    let common = 0
    while (common < blocks.length && blocks[common]!.key === this.#previous[common]?.key) common++
    this.#previous = blocks
    return { input, cached: stepDown(sum(blocks.slice(0, common))) }
  }
}

/**
 * The `usage` object of a response.
 * @throws never
 * @source OpenAI Realtime, response.usage: cached tokens are included in the input counts
 */
export function usageObject(
  input: TokenCount,
  cached: TokenCount,
  output: TokenCount,
  withDetails: boolean,
): Record<string, unknown> {
  const input_tokens = input.text + input.audio
  const output_tokens = output.text + output.audio
  const cachedDetails = { text_tokens: cached.text, audio_tokens: cached.audio, image_tokens: 0 }
  return {
    total_tokens: input_tokens + output_tokens,
    input_tokens,
    output_tokens,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: 0,
      cached_tokens: cached.text + cached.audio,
      ...(withDetails ? { cached_tokens_details: cachedDetails } : {}),
    },
    output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
  }
}

function headBlock(session: Pick<EffectiveSession, 'instructions' | 'tools'>): Block {
  const tools = session.tools.length > 0 ? JSON.stringify(session.tools) : ''
  return {
    key: session.instructions + tools,
    text: textTokens(session.instructions) + textTokens(tools),
    audio: 0,
  }
}

function itemBlock(item: StoredItem): Block {
  const { wire } = item
  if (wire.type === 'function_call') return { key: wire.id, text: textTokens(wire.name + wire.arguments) + 6, audio: 0 }
  if (wire.type === 'function_call_output') return { key: wire.id, text: textTokens(wire.output) + 4, audio: 0 }
  const ms_per_token = wire.role === 'assistant' ? 50 : 100
  const audio = Math.ceil(item.duration_ms / ms_per_token)
  const text = item.duration_ms > 0 && wire.role === 'user' ? 4 : textTokens(textOf(item)) + 4
  return { key: `${wire.id} ${item.duration_ms}`, text, audio }
}

function sum(blocks: readonly Block[]): TokenCount {
  return blocks.reduce((total, block) => ({ text: total.text + block.text, audio: total.audio + block.audio }), {
    text: 0,
    audio: 0,
  })
}

function stepDown(count: TokenCount): TokenCount {
  const text = Math.floor(count.text / CACHE_STEP) * CACHE_STEP
  const audio = Math.floor(count.audio / CACHE_STEP) * CACHE_STEP
  return { text, audio }
}
