// Makes a script listen. The caller hears words where the audio carries them and mere voice where it does not,
// waits for the agent to finish, answers questions, cuts in, gets impatient, says goodbye.
//
//   listening ─ (agent silent for a moment) ─ thinking ─ speaking ─ listening
//       └─ (too long silent) ─ "Are you there?" ─ gives up
import type { CallerScript, Line } from './caller-script.ts'
import type { Caller, CallerEar, PhoneLine } from './callers.ts'

/** The agent has finished when it has been silent for this long. */
const TURN_END_MS = 700
const FIRST_PATIENCE_MS = 7_000
const PATIENCE_MS = 9_000

const ASKS_NUMBER = /(order|account|reference|case) number|number at hand/i
const ASKS_IDENTITY = /your name|date of birth|who am I speaking/i
const ASKS_DETAIL = /tell me (a little )?more|what happened|describe|anything else I should know/i
const OFFERS_PERSON = /would you like me to (ask|get)|shall i (ask|get)/i
const PROMISES_PERSON = /colleague|somebody for you|person for you|supervisor/i
const ASKS_PRESENCE = /are you (still )?there|hear you|take your time/i
const SAYS_GOODBYE = /good ?bye|have a good day/i
const ASKS_MORE = /anything else|does that help|something else|what is it\?|how (can|may) i help|what would you like/i

/**
 * A caller who plays this script.
 * @param chance 0 to 1, asked for reaction times; the same sequence gives the same call
 * @throws never
 * @source ours
 */
export function createCaller(script: CallerScript, chance: () => number): Caller {
  return {
    name: script.name,
    voice: script.voice,
    attach: (line) => new CallerMind(script, line, chance).ear,
  }
}

class CallerMind {
  readonly ear: CallerEar
  readonly #script: CallerScript
  readonly #line: PhoneLine
  readonly #chance: () => number
  readonly #said = new Set<string>()
  readonly #lines: Line[]
  #heard: string[] = []
  #isVoice = false
  #isSpeaking = false
  #cancelTurn: () => void = () => undefined
  #cancelPatience: () => void = () => undefined
  #reminders = 0
  #isLeaving = false
  #personPromised_ms: number | null = null

  constructor(script: CallerScript, line: PhoneLine, chance: () => number) {
    this.#script = script
    this.#line = line
    this.#chance = chance
    this.#lines = script.lines.map((entry) => (typeof entry === 'string' ? { say: entry } : entry))
    this.ear = {
      onConnected: () => this.#bePatient(FIRST_PATIENCE_MS),
      onWord: (word) => this.#onWord(word),
      onVoice: (isVoice) => this.#onVoice(isVoice),
      onEnded: () => this.#stop(),
    }
  }

  #onWord(word: string): void {
    this.#heard.push(word)
    const next = this.#lines[0]
    const isRude = next?.cut_in_after_words !== undefined && this.#heard.length >= next.cut_in_after_words
    if (isRude && !this.#isSpeaking) void this.#speak(this.#lines.shift()!)
  }

  #onVoice(isVoice: boolean): void {
    this.#isVoice = isVoice
    this.#cancelTurn()
    this.#cancelPatience()
    if (isVoice || this.#isSpeaking) return
    this.#cancelTurn = this.#line.after(TURN_END_MS + this.#chance() * 500, () => this.#takeTurn())
  }

  #takeTurn(): void {
    const agent = this.#heard.join(' ')
    this.#heard = []
    this.#reminders = 0
    if (this.#isLeaving) this.#line.hangUp()
    else void this.#speak(this.#reply(agent))
  }

  // ---- what to say

  #reply(agent: string): Line {
    const { number, identity, detail, waits_for_person_ms } = this.#script
    if (SAYS_GOODBYE.test(agent) && this.#lines.length === 0) return this.#leave('Goodbye.')
    if (ASKS_PRESENCE.test(agent)) return { say: 'Yes, I am here. Sorry.' }
    if (OFFERS_PERSON.test(agent))
      return {
        say: waits_for_person_ms ? 'Yes, please. I want to speak to a person.' : "No, that's all right.",
      }
    if (PROMISES_PERSON.test(agent) && waits_for_person_ms) return this.#waitForPerson(waits_for_person_ms)
    if (number && ASKS_NUMBER.test(agent)) return this.#once('number', number)
    if (identity && ASKS_IDENTITY.test(agent)) return this.#once('identity', identity)
    const next = this.#lines[0]
    if (detail && ASKS_DETAIL.test(agent) && !this.#said.has('detail')) return this.#once('detail', detail)
    if (next) return this.#lines.shift()!
    return this.#farewell(agent)
  }

  #once(what: string, text: string): Line {
    if (this.#said.has(what)) return this.#lines.shift() ?? { say: 'I gave you that already.' }
    this.#said.add(what)
    return { say: text, pause_ms: 400 + this.#chance() * 1_200 }
  }

  /** Waits for the colleague the agent promised; whoever speaks next is taken for them. */
  #waitForPerson(wait_ms: number): Line {
    this.#personPromised_ms ??= this.#line.now()
    if (this.#line.now() - this.#personPromised_ms > wait_ms)
      return this.#leave('This takes too long. I will try again later.')
    return (
      this.#lines.shift() ?? {
        say: this.#said.has('waits') ? 'I am still waiting.' : 'All right, I will wait.',
        pause_ms: this.#said.has('waits') ? 6_000 : 0,
      }
    )
  }

  #farewell(agent: string): Line {
    if (this.#script.waits_for_person_ms && this.#personPromised_ms === null)
      return { say: 'Can I speak to a real person, please?' }
    if (SAYS_GOODBYE.test(agent) || this.#said.has('thanks')) return this.#leave('Goodbye.')
    this.#said.add('thanks')
    const ways =
      this.#script.mood === 'angry'
        ? ['Fine. That is all. Goodbye.']
        : [
            "No, that's all. Thank you very much. Goodbye.",
            'No, thank you, that was everything. Have a nice day. Bye.',
            "That's all I needed. Thanks a lot. Goodbye.",
          ]
    const line = { say: ways[Math.floor(this.#chance() * ways.length)]! }
    return ASKS_MORE.test(agent)
      ? line
      : {
          ...line,
          say: line.say.replace(/^No, (that's all|thank you, that was everything)\. /, 'All right. '),
        }
  }

  /** Says it, hears the agent out for a moment, and is gone. */
  #leave(text: string): Line {
    this.#isLeaving = true
    return { say: text }
  }

  // ---- saying it

  async #speak(line: Line): Promise<void> {
    this.#isSpeaking = true
    this.#cancelTurn()
    this.#cancelPatience()
    if (line.say.includes('wait')) this.#said.add('waits')
    if (line.pause_ms) await this.#pause(line.pause_ms)
    if (line.cut_in_after_words === undefined) this.#heard = []
    await this.#line.say(line.say)
    if (line.press) this.#line.press(line.press)
    if (line.hang_up_after_ms !== undefined) this.#line.after(line.hang_up_after_ms, () => this.#line.hangUp())
    this.#isSpeaking = false
    this.#heard = []
    if (this.#isLeaving) this.#line.after(4_000, () => this.#line.hangUp())
    else if (!this.#isVoice) this.#bePatient(PATIENCE_MS)
  }

  #pause(delay_ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#line.after(delay_ms, resolve)
    })
  }

  /** Nobody answers: asks, asks again, gives up. A promised person is waited for longer. */
  #bePatient(patience_ms: number): void {
    this.#cancelPatience()
    const isWaiting = this.#personPromised_ms !== null
    this.#cancelPatience = this.#line.after(isWaiting ? patience_ms * 2 : patience_ms, () => {
      this.#reminders++
      const waited_ms = this.#line.now() - (this.#personPromised_ms ?? this.#line.now())
      if (this.#reminders > (isWaiting ? 4 : 2) || waited_ms > (this.#script.waits_for_person_ms ?? 60_000))
        void this.#speak(this.#leave('I will call again later.'))
      else
        void this.#speak({
          say: isWaiting
            ? 'Is somebody coming?'
            : this.#reminders === 1
              ? 'Hello? Are you there?'
              : 'Hello? Can anybody hear me?',
        })
    })
  }

  #stop(): void {
    this.#cancelTurn()
    this.#cancelPatience()
  }
}
