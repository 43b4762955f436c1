// The other end of a <Dial>, or whoever answers a call the relay makes: rings, answers or does not, and
// then has a mouth and an ear of its own.
import type { Callee, Caller, CallerEar, PhoneLine } from './callers.ts'
import { Ear } from './ear.ts'
import { Mouth } from './mouth.ts'
import { tone } from './mulaw.ts'
import type { Log, Speech, Voice } from './speech.ts'

/** The line of one person on one call: turns what they do into sound, and the call's time into theirs. */
export class PersonOnLine {
  readonly mouth = new Mouth()
  readonly ear: Ear
  readonly voice: Voice
  readonly #speech: Speech
  readonly #log: Log | undefined
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #started_ms = performance.now()
  #listener: CallerEar = {}
  #turn = 0
  #isGone = false

  constructor(speech: Speech, voice: Voice, log?: Log) {
    this.#speech = speech
    this.#log = log
    this.voice = voice
    this.ear = new Ear({
      onWord: (word, at_ms) => this.#listener.onWord?.(word, at_ms),
      onVoice: (isSpeaking, at_ms) => this.#listener.onVoice?.(isSpeaking, at_ms),
    })
  }

  /** Hands the line to a person. */
  attach(caller: Caller, hands: { press(digits: string): void; hangUp(): void }): void {
    this.#listener = caller.attach(this.#line(hands))
    this.#listener.onConnected?.()
  }

  /** Says it in this person's voice; resolves when spoken. */
  async say(text: string, voice: Voice = this.voice): Promise<void> {
    const turn = this.#turn
    try {
      const audio = await this.#speech.render(text, voice)
      // Hushed or hung up while it was being rendered: it is not said any more.
      if (turn === this.#turn && !this.#isGone) await this.mouth.speak(audio.mulaw)
    } catch (error) {
      if (!this.#isGone) this.#log?.('caller could not speak', { error: String(error) })
    }
  }

  hush(): void {
    this.#turn++
    this.mouth.hush()
  }

  /** The call is over for them. */
  leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.mouth.hush()
    this.ear.close()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#listener.onEnded?.()
  }

  #line(hands: { press(digits: string): void; hangUp(): void }): PhoneLine {
    return {
      say: (text, voice) => this.say(text, voice),
      hush: () => this.hush(),
      press: hands.press,
      hangUp: hands.hangUp,
      now: () => performance.now() - this.#started_ms,
      after: (delay_ms, action) => {
        if (this.#isGone) return () => undefined
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          action()
        }, delay_ms)
        this.#timers.add(timer)
        return () => {
          clearTimeout(timer)
          this.#timers.delete(timer)
        }
      },
    }
  }
}

/** Nobody in particular: picks up, says hello, and listens. */
export const STRANGER: Caller = {
  name: 'Stranger',
  voice: { flite: 'rms', rate: 1.15 },
  attach: (line) => ({ onConnected: () => void line.say('Hello?') }),
}

/** A person who takes a transferred call. */
export const COLLEAGUE: Caller = {
  name: 'Colleague',
  voice: { flite: 'slt', rate: 1.15, pitch_hz: 165 },
  attach: (line) => ({
    async onConnected() {
      await line.say('Hello, this is Dana. I have the notes of your call here, so let me take care of this.')
      line.after(9_000, async () => {
        await line.say('All right, that is done. You will get a confirmation by text message. Goodbye.')
        line.after(1_500, () => line.hangUp())
      })
    },
  }),
}

/**
 * What an answering machine plays: its greeting, then the beep.
 * @throws never
 * @source ours
 */
export async function playMachine(person: PersonOnLine): Promise<void> {
  await person.say('You have reached the voice mail of this number. Please leave a message after the tone.')
  await person.mouth.speak(tone([1_000], 400))
}

/** Ringing time of a callee. */
export function ringTime(callee: Callee): number {
  return callee.after_ms ?? 1_500
}
