// How a response can end, and the one switch that ends it early.

export type Ending =
  | { status: 'completed' }
  | { status: 'cancelled'; reason: 'turn_detected' | 'client_cancelled' }
  | { status: 'incomplete'; reason: 'max_output_tokens' }
  | { status: 'failed'; code: string }

/** The first reason to stop wins. */
export class ResponseRun {
  readonly #controller = new AbortController()
  #ending: Ending | null = null

  get ending(): Ending | null {
    return this.#ending
  }

  get isStopped(): boolean {
    return this.#ending !== null
  }

  stop(ending: Ending): void {
    this.#ending ??= ending
    this.#controller.abort()
  }

  /** Resolves after that time or when stopped; with Infinity only then. */
  pause(delay_ms: number): Promise<void> {
    const { signal } = this.#controller
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = Number.isFinite(delay_ms) ? setTimeout(done, delay_ms) : undefined
      function done() {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done)
    })
  }

  /** Resolves with `other`, or when stopped. */
  async orStopped(other: Promise<void>): Promise<void> {
    const { signal } = this.#controller
    if (signal.aborted) return
    const waiting = new AbortController()
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true, signal: waiting.signal })
    })
    await Promise.race([other, stopped])
    waiting.abort()
  }
}

const FAILURES: Record<string, { type: string; message: string }> = {
  rate_limit_exceeded: {
    type: 'requests',
    message: 'Rate limit reached for this model. Please try again later.',
  },
  insufficient_quota: {
    type: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  server_error: {
    type: 'server_error',
    message: 'The server had an error while processing your request. Sorry about that!',
  },
}

/**
 * The `status_details` of a response.
 * @throws never
 * @source OpenAI Realtime, response object
 */
export function statusDetails(ending: Ending | null): Record<string, unknown> | null {
  if (!ending || ending.status === 'completed') return null
  if (ending.status === 'failed') return { type: 'failed', error: { code: ending.code, ...FAILURES[ending.code] } }
  return { type: ending.status, reason: ending.reason }
}
