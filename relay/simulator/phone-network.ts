// The simulated phone network: numbers, calls in both directions, signed webhooks, Media Streams and
// the part of the REST API that a relay uses. Any relay can be pointed at it.
import http, { createServer } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { callPrice } from './call-resource.ts'
import type { Callee, Caller } from './callers.ts'
import { createFaultSwitch, type FaultSwitch, type PhoneFaults } from './faults.ts'
import { FRAME_MS } from './mulaw.ts'
import { createNumberBook } from './number-book.ts'
import type { PhoneCall } from './phone-call.ts'
import { createRestListener } from './phone-rest.ts'
import { type CallPlan, type CallWorld, SimulatedCall } from './simulated-call.ts'
import type { Log, Speech } from './speech.ts'
import { createTicker } from './ticker.ts'

/** A number as it is bought; its webhooks may also be set through REST. */
export interface PhoneNumberOptions {
  phone_number: string
  friendly_name: string
  voice_url?: string
  voice_fallback_url?: string
  status_callback?: string
}

export interface PhoneNetworkOptions {
  /** Default: a free port. */
  port?: number
  account_sid: string
  auth_token: string
  numbers: PhoneNumberOptions[]
  speech: Speech
  /** Who answers at a number that is dialled. Default: somebody who picks up and talks. */
  callee?: (dialled: { from: string; to: string }) => Callee
  /** Calls a second taken from the queue of REST-created calls. Default 5. */
  calls_per_second?: number
  faults?: Partial<PhoneFaults>
  log?: Log
}

/** A number as the network sees it now. */
export interface PhoneNumber {
  readonly sid: string
  readonly phone_number: string
  readonly friendly_name: string
  readonly voice_url: string
  readonly voice_fallback_url: string
  readonly status_callback: string
}

export interface PhoneNetwork {
  /** `http://127.0.0.1:PORT`, for `client.api.baseUrl` (TWILIO_API_BASE_URL). */
  readonly base_url: string
  readonly faults: FaultSwitch<PhoneFaults>
  /** An inbound call: rings `to`, which must be one of the numbers. Without a caller nobody speaks by themselves. */
  placeCall(options: { from: string; to: string; caller?: Caller }): PhoneCall
  /** Calls of both directions, oldest first: the live ones and the last 500 ended. */
  calls(): PhoneCall[]
  numbers(): PhoneNumber[]
  close(): Promise<void>
}

const KEPT_ENDED_CALLS = 500
const PRICE_DELAY_MS = 3_000

/**
 * Starts the network on loopback.
 * @throws (rejects) when the port is taken
 * @source ours; protocols of Twilio Voice, Media Streams and REST
 */
export async function startPhoneNetwork(options: PhoneNetworkOptions): Promise<PhoneNetwork> {
  const numbers = createNumberBook(options.numbers)
  const faults = createFaultSwitch<PhoneFaults>(options.faults)
  const ticker = createTicker(FRAME_MS)
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }
  const world: CallWorld = {
    account_sid: options.account_sid,
    auth_token: options.auth_token,
    speech: options.speech,
    callee: options.callee ?? (() => ({ answer: 'human' })),
    log: options.log,
    ticker,
    agents,
    faults,
  }
  const switchboard = new Switchboard(world, options.calls_per_second ?? 5)
  const { account_sid, auth_token } = options
  const server = createServer(
    createRestListener({
      account_sid,
      auth_token,
      numbers,
      faults,
      calls: () => switchboard.calls(),
      call: (sid) => switchboard.call(sid),
      createCall: (plan) => switchboard.queue(plan),
    }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    placeCall({ from, to, caller }) {
      const number = numbers.byNumber(to)
      if (!number) throw new Error(`${to} is not a number of this network.`)
      const target = {
        url: number.status_callback,
        method: number.status_callback_method,
        events: ['completed'],
      } as const
      return switchboard.ring({
        direction: 'inbound',
        from,
        to,
        caller,
        instructions: {
          url: number.voice_url,
          method: number.voice_method,
          fallback_url: number.voice_fallback_url,
        },
        status_target: number.status_callback ? target : null,
      })
    },
    calls: () => [...switchboard.calls()],
    numbers: () => numbers.all().map((number) => ({ ...number })),
    async close() {
      switchboard.close()
      ticker.close()
      agents.http.destroy()
      agents.https.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** All calls: rings those from outside, and takes queued ones at the account's pace. */
class Switchboard {
  readonly #world: CallWorld
  readonly #interval_ms: number
  readonly #calls = new Map<string, SimulatedCall>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #nextDial_ms = 0

  constructor(world: CallWorld, calls_per_second: number) {
    this.#world = world
    this.#interval_ms = 1000 / calls_per_second
  }

  calls(): SimulatedCall[] {
    return [...this.#calls.values()]
  }

  call(sid: string): SimulatedCall | undefined {
    return this.#calls.get(sid)
  }

  ring(plan: CallPlan): SimulatedCall {
    const call = this.#add(plan)
    call.ring()
    return call
  }

  queue(plan: CallPlan): SimulatedCall {
    const call = this.#add(plan)
    const now_ms = performance.now()
    const at_ms = Math.max(now_ms, this.#nextDial_ms)
    this.#nextDial_ms = at_ms + this.#interval_ms
    this.#later(at_ms - now_ms, () => void call.dial())
    return call
  }

  close(): void {
    for (const call of this.#calls.values()) call.finish('completed', 'network_closed')
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #add(plan: CallPlan): SimulatedCall {
    const call = new SimulatedCall(this.#world, plan)
    this.#calls.set(call.call_sid, call)
    void call.ended.then(() => {
      this.#later(this.#world.faults.active.price_delay_ms ?? PRICE_DELAY_MS, () => {
        call.price = callPrice(call.direction, call.duration_ms)
      })
      this.#forgetOldest()
    })
    return call
  }

  #forgetOldest(): void {
    const ended = this.calls().filter((call) => call.ended_at)
    for (const call of ended.slice(0, -KEPT_ENDED_CALLS)) this.#calls.delete(call.call_sid)
  }

  #later(delay_ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, delay_ms)
    this.#timers.add(timer)
  }
}
