// A call the relay makes: rings, is answered or not, and finds out whether a person or a machine answered.
import type { Callee } from './callers.ts'
import { playMachine, ringTime, STRANGER } from './person-on-line.ts'
import type { SimulatedCall } from './simulated-call.ts'

/**
 * Dials, and follows the call's instructions once somebody answers.
 * @throws never
 * @source Twilio, call resource; AnsweredBy of answering machine detection
 */
export async function dialOut(call: SimulatedCall, callee: Callee): Promise<void> {
  call.setStatus('ringing')
  call.tell('initiated', 'initiated')
  call.tell('ringing', 'ringing')
  const timeout_ms = call.plan.ring_timeout_ms ?? 60_000
  const answersInTime = callee.answer !== 'no-answer' && ringTime(callee) <= timeout_ms
  await call.wait(answersInTime ? ringTime(callee) : timeout_ms)
  if (call.ended_at) return
  if (!answersInTime) return call.finish('no-answer', 'not_answered', { SipResponseCode: '487' })
  if (callee.answer === 'busy') return call.finish('busy', 'not_answered', { SipResponseCode: '486' })
  if (callee.answer === 'failed') return call.finish('failed', 'not_answered', { SipResponseCode: '404' })
  call.answer()
  if (callee.answer === 'human') call.attach(callee.caller ?? STRANGER)
  const greeting = callee.answer === 'machine' ? playMachine(call.person) : Promise.resolve()
  followAnswered(call, callee, greeting)
}

/** Synchronous detection holds the instructions back until it knows; asynchronous detection reports later. */
function followAnswered(call: SimulatedCall, callee: Callee, greeting: Promise<void>): void {
  const { detection, instructions } = call.plan
  const detected = detection ? detect(call, callee, greeting, detection.mode) : null
  if (detected && !detection?.isAsync) {
    call.follow(instructions, async () => ({ AnsweredBy: (await detected).AnsweredBy }))
    return
  }
  call.follow(instructions)
  void detected?.then((result) => {
    if (call.ended_at || !detection?.callback) return
    const { AccountSid = '' } = call.parameters(call.status)
    const params = { CallSid: call.call_sid, AccountSid, ...result }
    call.webhooks.post(detection.callback.url, detection.callback.method, params)
  })
}

async function detect(
  call: SimulatedCall,
  callee: Callee,
  greeting: Promise<void>,
  mode: 'Enable' | 'DetectMessageEnd',
): Promise<{ AnsweredBy: string; MachineDetectionDuration: string }> {
  const started_ms = performance.now()
  const isMachine = callee.answer === 'machine'
  if (isMachine && mode === 'DetectMessageEnd') await greeting
  else await call.wait(isMachine ? 2_400 : 1_200)
  const machine = mode === 'DetectMessageEnd' ? 'machine_end_beep' : 'machine_start'
  const AnsweredBy = isMachine ? machine : callee.answer === 'fax' ? 'fax' : 'human'
  call.answered_by = AnsweredBy
  return { AnsweredBy, MachineDetectionDuration: String(Math.round(performance.now() - started_ms)) }
}
