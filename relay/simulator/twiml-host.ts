// What each verb does to a call: one run's hands on it.
import { runStream } from './connect-stream.ts'
import { runDial } from './dial.ts'
import { tone } from './mulaw.ts'
import type { CallWorld, SimulatedCall } from './simulated-call.ts'
import type { Voice } from './speech.ts'
import type { TwimlHost } from './twiml-player.ts'

const MALE_ANNOUNCER: Voice = { flite: 'rms', rate: 1.1 }
const FEMALE_ANNOUNCER: Voice = { flite: 'slt', rate: 1.1 }
const FEMALE_NAMES = /woman|alice|joanna|salli|kimberly|kendra|ivy|emma|amy|ruth|danielle|kore|female/i

/**
 * The hands of one run of TwiML.
 * @param signal aborts when the run is over
 * @throws never
 * @source ours
 */
export function createTwimlHost(call: SimulatedCall, world: CallWorld, signal: AbortSignal): TwimlHost {
  const common = {
    account_sid: world.account_sid,
    auth_token: world.auth_token,
    call_sid: call.call_sid,
    audio: call.audio,
    webhooks: call.webhooks,
    faults: call.activeFaults,
    signal,
  }
  const announce = async (mulaw: Uint8Array) => {
    if (!signal.aborted) await call.audio.announce(mulaw)
  }
  const wait = (delay_ms: number) =>
    Promise.race([
      call.wait(delay_ms),
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    ])
  return {
    answer: () => call.answer(),
    end: (reason) => call.end(reason),
    fetch: (url, method, extra) => call.webhooks.fetchDocument(url, method, extra),
    async say(text, voice) {
      const announcer = FEMALE_NAMES.test(voice) ? FEMALE_ANNOUNCER : MALE_ANNOUNCER
      await announce((await world.speech.render(text, announcer)).mulaw)
    },
    // Recorded files are not fetched: a tune stands for them.
    play: () => announce(tone([523, 659, 784], 1_500)),
    digits: (digits) => announce(tone([697, 1_209], digits.length * 200)),
    pause: wait,
    stream: (noun) =>
      runStream(
        {
          ...common,
          ear: call.person.ear,
          onMessage: (way, message) => call.noteMessage(way, message),
          onStarted: (stream) => call.noteStarted(stream),
          onStopped: (stream) => call.noteStopped(stream),
        },
        noun,
      ),
    dial: (verb) => runDial({ ...common, from: call.from, speech: world.speech, callee: world.callee, wait }, verb),
    // Neither answered nor billed. Which status a plain rejection leaves is not documented; no-answer is our reading.
    reject: (reason) => call.finish(reason === 'busy' ? 'busy' : 'no-answer', 'rejected'),
    note: (code, message) => call.webhooks.note(code, message),
  }
}
