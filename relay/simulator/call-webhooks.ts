// All requests of one call to the relay: documents with their fallback, callbacks, and the debugger's notes.
import type { PhoneFaults } from './faults.ts'
import type { DebuggerEntry, WebhookRecord } from './phone-call.ts'
import { readTwiml, TwimlError, type XmlElement } from './twiml-reader.ts'
import { requestWebhook, type WebhookAgents, type WebhookAnswer, WebhookError } from './webhook-request.ts'

const KEPT = 100

export type Method = 'GET' | 'POST'

export interface CallWebhooksOptions {
  readonly auth_token: string
  readonly agents: WebhookAgents
  readonly faults: () => PhoneFaults
  readonly takeConnectFailure: () => boolean
  /** The base set, with the status of now. */
  readonly parameters: () => Record<string, string>
  readonly now_ms: () => number
}

export class CallWebhooks {
  readonly requests: WebhookRecord[] = []
  readonly errors: DebuggerEntry[] = []
  fallback_url = ''
  readonly #options: CallWebhooksOptions
  #document_url = ''

  constructor(options: CallWebhooksOptions) {
    this.#options = options
  }

  /**
   * The next TwiML document, from the fallback URL when the first cannot be had. Rejects with WebhookError or
   * TwimlError when neither can.
   */
  async fetchDocument(url: string, method: Method, extra: Record<string, string>): Promise<readonly XmlElement[]> {
    const params = { ...this.#options.parameters(), ...extra }
    try {
      return await this.#document(this.#absolute(url), method, params)
    } catch (error) {
      if (!this.fallback_url || !(error instanceof WebhookError || error instanceof TwimlError)) throw error
      const failure = { ErrorCode: String(error.code), ErrorUrl: this.#absolute(url) }
      return this.#document(this.#absolute(this.fallback_url), 'POST', { ...params, ...failure })
    }
  }

  /** TwiML that came with a REST request. @throws TwimlError */
  readDocument(text: string): readonly XmlElement[] {
    try {
      return readTwiml(text)
    } catch (error) {
      if (error instanceof TwimlError) this.note(error.code, error.message)
      throw error
    }
  }

  /** A request whose answer nobody reads. */
  post(url: string, method: Method, params: Record<string, string>): void {
    // Failure is noted by #request, and the network goes on.
    this.#request(this.#absolute(url), method, params).catch(() => undefined)
  }

  note(code: number, message: string): void {
    if (this.errors.length < KEPT) this.errors.push({ code, message, at_ms: this.#options.now_ms() })
  }

  async #document(url: string, method: Method, params: Record<string, string>): Promise<readonly XmlElement[]> {
    const answer = await this.#request(url, method, params)
    this.#document_url = url
    if (answer.body.trim() === '') return []
    if (!/^(text|application)\/xml\b/i.test(answer.content_type)) {
      this.note(12300, `Invalid Content-Type "${answer.content_type}" from ${url}.`)
      throw new TwimlError(12300, `Invalid Content-Type "${answer.content_type}".`)
    }
    return this.readDocument(answer.body)
  }

  async #request(url: string, method: Method, params: Record<string, string>): Promise<WebhookAnswer> {
    const { auth_token, agents, takeConnectFailure } = this.#options
    try {
      const isForged = this.#options.faults().bad_signature === true
      const answer = await requestWebhook({
        url,
        method,
        params,
        auth_token,
        agents,
        isForged,
        failsToConnect: takeConnectFailure,
      })
      this.#record({ url, params, status: answer.status, body: answer.body })
      return answer
    } catch (error) {
      this.#record({ url, params, status: null, body: '', error: String(error) })
      if (error instanceof WebhookError) this.note(error.code, error.message)
      throw error
    }
  }

  /** Relative to the document it stands in; absolute ones stay letter for letter, because they are signed. */
  #absolute(url: string): string {
    if (/^[a-z][a-z0-9+.-]*:/i.test(url) || !this.#document_url) return url
    return new URL(url, this.#document_url).href
  }

  #record(record: WebhookRecord): void {
    this.requests.push(record)
    if (this.requests.length > KEPT) this.requests.shift()
  }
}
