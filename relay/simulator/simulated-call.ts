// One call inside the network: from ringing to its end, whatever instructions and people make of it.
//
//   queued ─ ringing ─┬─ in-progress ─ completed     (one run of TwiML at a time; REST may replace the run)
//                     ├─ busy, no-answer, failed
//                     └─ canceled
import { CallAudio } from './call-audio.ts'
import { callParameters } from './call-parameters.ts'
import { CallWebhooks, type Method } from './call-webhooks.ts'
import type { Callee, Caller } from './callers.ts'
import { createFaultSwitch, type FaultSwitch, type PhoneFaults } from './faults.ts'
import { dialOut } from './outbound.ts'
import { PersonOnLine, STRANGER } from './person-on-line.ts'
import type { CallEnd, CallEndReason, CallStatus, Heard, PhoneCall, StreamMessage } from './phone-call.ts'
import { newSid } from './phone-ids.ts'
import type { PhoneStream } from './phone-stream.ts'
import type { Log, Speech } from './speech.ts'
import { createStatusCallbacks, type StatusCallbacks, type StatusEvent, type StatusTarget } from './status-callbacks.ts'
import type { Ticker } from './ticker.ts'
import { createTwimlHost } from './twiml-host.ts'
import { playTwiml } from './twiml-player.ts'
import { TwimlError, type XmlElement } from './twiml-reader.ts'
import { type WebhookAgents, WebhookError } from './webhook-request.ts'

const KEPT_MESSAGES = 400

/** What a call has from its network. */
export interface CallWorld {
  readonly account_sid: string
  readonly auth_token: string
  readonly speech: Speech
  readonly ticker: Ticker
  readonly agents: WebhookAgents
  readonly faults: FaultSwitch<PhoneFaults>
  readonly callee: (dialled: { from: string; to: string }) => Callee
  readonly log?: Log | undefined
}

/** Where instructions come from; `twiml` wins over `url`. */
export interface Instructions {
  readonly url: string
  readonly method: Method
  readonly twiml?: string | undefined
  readonly fallback_url?: string | undefined
}

export interface CallPlan {
  readonly direction: 'inbound' | 'outbound-api'
  readonly from: string
  readonly to: string
  readonly caller?: Caller | undefined
  readonly instructions: Instructions
  readonly status_target: StatusTarget | null
  readonly ring_timeout_ms?: number | undefined
  readonly time_limit_ms?: number | undefined
  readonly detection?:
    | { mode: 'Enable' | 'DetectMessageEnd'; isAsync: boolean; callback: StatusTarget | null }
    | undefined
}

export class SimulatedCall implements PhoneCall {
  readonly call_sid = newSid('CA')
  readonly faults = createFaultSwitch<PhoneFaults>()
  readonly created_at = new Date()
  readonly plan: CallPlan
  readonly person: PersonOnLine
  readonly audio: CallAudio
  readonly webhooks: CallWebhooks
  readonly streaming: Promise<void>
  readonly ended: Promise<CallEnd>
  readonly stream: StreamMessage[] = []
  answered_at: Date | null = null
  ended_at: Date | null = null
  answered_by: string | null = null
  price: string | null = null
  stream_sid: string | null = null
  readonly #world: CallWorld
  readonly #callbacks: StatusCallbacks
  readonly #waiting = new Map<NodeJS.Timeout, () => void>()
  readonly #past = { media: 0, duplicates: 0, dropped: 0, received_media: 0, received_bytes: 0 }
  #status: CallStatus
  #run = new AbortController()
  #resolveStreaming!: () => void
  #resolveEnded!: (end: CallEnd) => void

  constructor(world: CallWorld, plan: CallPlan) {
    this.#world = world
    this.plan = plan
    this.#status = plan.direction === 'inbound' ? 'ringing' : 'queued'
    this.person = new PersonOnLine(world.speech, plan.caller?.voice ?? STRANGER.voice, world.log)
    this.audio = new CallAudio(this.person, world.ticker)
    this.webhooks = new CallWebhooks({
      auth_token: world.auth_token,
      agents: world.agents,
      faults: this.activeFaults,
      takeConnectFailure: () =>
        this.faults.take('webhook_connect_failures') || world.faults.take('webhook_connect_failures'),
      parameters: () => this.parameters(this.#status),
      now_ms: () => this.audio.now_ms,
    })
    this.webhooks.fallback_url = plan.instructions.fallback_url ?? ''
    this.#callbacks = createStatusCallbacks(plan.status_target, this.activeFaults, (to, params) =>
      this.webhooks.post(to.url, to.method, params),
    )
    this.streaming = new Promise((resolve) => {
      this.#resolveStreaming = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
  }

  // ---- what it looks like

  get direction() {
    return this.plan.direction
  }
  get from(): string {
    return this.plan.from
  }
  get to(): string {
    return this.plan.to
  }
  get status(): CallStatus {
    return this.#status
  }
  get heard(): Heard {
    return this.person.ear.heard
  }
  get errors() {
    return this.webhooks.errors
  }
  get requests() {
    return this.webhooks.requests
  }
  get sent() {
    const now = this.audio.stream?.counts
    return {
      media: this.#past.media + (now?.media ?? 0),
      duplicates: this.#past.duplicates + (now?.duplicates ?? 0),
      dropped: this.#past.dropped + (now?.dropped ?? 0),
    }
  }
  get received() {
    const now = this.audio.stream?.counts
    return {
      media: this.#past.received_media + (now?.received_media ?? 0),
      bytes: this.#past.received_bytes + (now?.received_bytes ?? 0),
    }
  }
  get duration_ms(): number {
    return this.answered_at ? (this.ended_at ?? new Date()).getTime() - this.answered_at.getTime() : 0
  }
  readonly activeFaults = (): PhoneFaults => ({ ...this.#world.faults.active, ...this.faults.active })

  // ---- what people and tests do

  say(text: string): Promise<void> {
    return this.person.say(text)
  }
  speak(mulaw: Uint8Array): Promise<void> {
    return this.person.mouth.speak(mulaw)
  }
  press(digits: string): void {
    for (const digit of digits) if (/[0-9*#A-D]/.test(digit)) this.audio.stream?.dtmf(digit)
  }
  hangUp(): void {
    this.end('caller_hung_up')
  }
  inject(raw: string | Uint8Array): void {
    this.audio.stream?.inject(raw)
  }
  gap(duration_ms: number): void {
    this.audio.stream?.skip(duration_ms)
  }
  breakSocket(): void {
    this.audio.stream?.breakSocket()
  }

  // ---- its life

  /** From outside: rings, and asks the number's webhook what to do. */
  ring(): void {
    this.follow(this.plan.instructions)
  }

  /** To the outside: dials, and asks for instructions when somebody answers. */
  async dial(): Promise<void> {
    if (!this.ended_at) await dialOut(this, this.#world.callee({ from: this.from, to: this.to }))
  }

  /** Starts a run of TwiML; the one before ends, and with it its stream. */
  follow(instructions: Instructions, extra: () => Promise<Record<string, string>> = async () => ({})): void {
    this.#run.abort()
    this.audio.silenceAnnouncements()
    const run = new AbortController()
    this.#run = run
    void this.#play(instructions, extra, run.signal)
  }

  async #play(
    instructions: Instructions,
    extra: () => Promise<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const { url, method, twiml } = instructions
      const fields = await extra()
      if (signal.aborted) return
      const verbs: readonly XmlElement[] =
        twiml === undefined ? await this.webhooks.fetchDocument(url, method, fields) : this.webhooks.readDocument(twiml)
      if (!signal.aborted) await playTwiml(createTwimlHost(this, this.#world, signal), verbs, signal)
    } catch (error) {
      if (!signal.aborted) await this.#apologize(error)
    }
  }

  async #apologize(error: unknown): Promise<void> {
    if (!(error instanceof WebhookError || error instanceof TwimlError))
      this.#world.log?.('simulated call failed', { call_sid: this.call_sid, error: String(error) })
    this.answer()
    try {
      const text = 'We are sorry. An application error has occurred. Goodbye.'
      await this.audio.announce((await this.#world.speech.render(text, STRANGER.voice)).mulaw)
    } catch (failure) {
      // Without a voice the call ends silently.
      this.#world.log?.('announcement failed', { call_sid: this.call_sid, error: String(failure) })
    }
    this.end('application_error')
  }

  answer(): void {
    if (this.#status === 'in-progress' || this.ended_at) return
    this.answered_at = new Date()
    this.setStatus('in-progress')
    this.audio.start()
    if (this.direction === 'inbound' && this.plan.caller) this.attach(this.plan.caller)
    if (this.plan.time_limit_ms) this.limitTime(this.plan.time_limit_ms)
    this.tell('answered', 'in-progress')
  }

  attach(caller: Caller): void {
    this.person.attach(caller, { press: (digits) => this.press(digits), hangUp: () => this.hangUp() })
  }

  setStatus(status: CallStatus): void {
    this.#status = status
  }

  tell(event: StatusEvent, status: string, extra: Record<string, string> = {}): void {
    this.#callbacks.tell(event, { ...this.parameters(this.#status), CallStatus: status, ...extra })
  }

  retarget(target: StatusTarget): void {
    this.#callbacks.retarget(target)
  }

  limitTime(limit_ms: number): void {
    void this.wait(Math.max(0, limit_ms - this.duration_ms)).then(() => this.end('time_limit'))
  }

  /** Resolves after that time or when the call ends. */
  wait(delay_ms: number): Promise<void> {
    if (this.ended_at) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(timer)
        resolve()
      }, delay_ms)
      this.#waiting.set(timer, resolve)
    })
  }

  /** Ends a call that was answered, or gives up one that was not. */
  end(reason: CallEndReason): void {
    const isRinging = this.#status === 'ringing' || this.#status === 'queued'
    if (isRinging && this.direction === 'outbound-api') this.finish('canceled', reason)
    else this.finish(isRinging && reason === 'caller_hung_up' ? 'no-answer' : 'completed', reason)
  }

  finish(status: CallStatus, reason: CallEndReason, extra: Record<string, string> = {}): void {
    if (this.ended_at) return
    this.ended_at = new Date()
    this.setStatus(status)
    this.#run.abort()
    this.person.leave()
    this.audio.stop()
    for (const [timer, resolve] of this.#waiting) {
      clearTimeout(timer)
      resolve()
    }
    const duration_seconds = Math.round(this.duration_ms / 1000)
    const minutes = String(Math.ceil(this.duration_ms / 60_000))
    const bill: Record<string, string> =
      status === 'completed' ? { CallDuration: String(duration_seconds), Duration: minutes } : {}
    this.tell('completed', status, { ...bill, ...extra })
    this.#resolveEnded({ status, reason, duration_seconds })
  }

  // ---- streams

  noteMessage(way: StreamMessage['way'], message: Record<string, unknown>): void {
    this.stream.push({ way, at_ms: this.audio.now_ms, message })
    if (this.stream.length > KEPT_MESSAGES) this.stream.shift()
  }

  noteStarted(stream: PhoneStream): void {
    this.stream_sid = stream.stream_sid
    this.#resolveStreaming()
  }

  noteStopped(stream: PhoneStream): void {
    for (const key of Object.keys(this.#past) as (keyof typeof stream.counts)[]) this.#past[key] += stream.counts[key]
  }

  parameters(status: CallStatus | 'initiated'): Record<string, string> {
    const { call_sid, from, to, direction } = this
    return callParameters({ call_sid, account_sid: this.#world.account_sid, from, to, direction, status })
  }
}
