// <Dial>: rings somebody, bridges them with the caller, and reports what became of it.

import type { CallAudio } from './call-audio.ts'
import { callParameters } from './call-parameters.ts'
import type { CallWebhooks } from './call-webhooks.ts'
import type { Callee } from './callers.ts'
import type { PhoneFaults } from './faults.ts'
import { tone } from './mulaw.ts'
import { COLLEAGUE, PersonOnLine, playMachine, ringTime } from './person-on-line.ts'
import { newSid } from './phone-ids.ts'
import type { Speech } from './speech.ts'
import { createStatusCallbacks, type StatusCallbacks, type StatusEvent } from './status-callbacks.ts'
import type { XmlElement } from './twiml-reader.ts'

export interface DialWorld {
  readonly account_sid: string
  readonly call_sid: string
  readonly from: string
  readonly speech: Speech
  readonly audio: CallAudio
  readonly webhooks: CallWebhooks
  readonly callee: (dialled: { from: string; to: string }) => Callee
  readonly faults: () => PhoneFaults
  /** Waits, but not beyond the end of the run. */
  readonly wait: (delay_ms: number) => Promise<void>
  readonly signal: AbortSignal
}

const RING_BACK = tone([440, 480], 1_000, 2_000)

/**
 * Runs the verb until the leg ended.
 * @returns the fields for the verb's action: DialCallStatus, DialCallSid, DialCallDuration, DialBridged
 * @throws never
 * @source Twilio, TwiML <Dial>; names of the fields as recalled
 */
export async function runDial(world: DialWorld, verb: XmlElement): Promise<Record<string, string>> {
  const noun = verb.children[0]
  const to = (noun?.text || verb.text).trim()
  const from = verb.attributes.callerId ?? world.from
  const callee = world.callee({ from, to })
  const leg_sid = newSid('CA')
  const callbacks = legCallbacks(world, noun)
  const tell = (event: StatusEvent, status: string, extra: Record<string, string> = {}) => {
    const facts = {
      call_sid: leg_sid,
      account_sid: world.account_sid,
      from,
      to,
      parent_call_sid: world.call_sid,
    }
    const base = callParameters({ ...facts, direction: 'outbound-dial', status: 'in-progress' })
    callbacks.tell(event, { ...base, CallStatus: status, ...extra })
  }
  tell('initiated', 'initiated')
  tell('ringing', 'ringing')
  if (verb.attributes.answerOnBridge === 'true') void world.audio.announce(RING_BACK)
  const outcome = await ring(world, callee, Number(verb.attributes.timeout ?? 30) * 1000)
  if (outcome !== 'answered' || world.signal.aborted) {
    const status = outcome === 'answered' ? 'canceled' : outcome
    tell('completed', status)
    return { DialCallStatus: status, DialCallSid: leg_sid, DialBridged: 'false' }
  }
  tell('answered', 'in-progress')
  const seconds = String(await bridge(world, callee))
  tell('completed', 'completed', { CallDuration: seconds, Duration: '1' })
  return { DialCallStatus: 'completed', DialCallSid: leg_sid, DialCallDuration: seconds, DialBridged: 'true' }
}

function legCallbacks(world: DialWorld, noun: XmlElement | undefined): StatusCallbacks {
  const url = noun?.attributes.statusCallback
  const events = (noun?.attributes.statusCallbackEvent ?? 'completed').split(/\s+/) as StatusEvent[]
  const method = noun?.attributes.statusCallbackMethod === 'GET' ? 'GET' : 'POST'
  const target = url ? ({ url, method, events } as const) : null
  return createStatusCallbacks(target, world.faults, (to, params) => world.webhooks.post(to.url, to.method, params))
}

async function ring(
  world: DialWorld,
  callee: Callee,
  timeout_ms: number,
): Promise<'answered' | 'busy' | 'no-answer' | 'failed'> {
  const answersInTime = callee.answer !== 'no-answer' && ringTime(callee) <= timeout_ms
  await world.wait(answersInTime ? ringTime(callee) : timeout_ms)
  if (!answersInTime) return 'no-answer'
  return callee.answer === 'busy' || callee.answer === 'failed' ? callee.answer : 'answered'
}

/** @returns seconds until one side hung up */
async function bridge(world: DialWorld, callee: Callee): Promise<number> {
  const started_ms = performance.now()
  const caller = callee.caller ?? COLLEAGUE
  const leg = new PersonOnLine(world.speech, caller.voice)
  await new Promise<void>((resolve) => {
    world.signal.addEventListener('abort', () => resolve(), { once: true })
    world.audio.silenceAnnouncements()
    world.audio.leg = leg
    const hands = { press: () => undefined, hangUp: () => resolve() }
    if (callee.answer === 'machine') void playMachine(leg).then(() => resolve())
    else leg.attach(caller, hands)
  })
  leg.leave()
  if (world.audio.leg === leg) world.audio.leg = null
  return Math.round((performance.now() - started_ms) / 1000)
}
