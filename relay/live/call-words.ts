// The words of one call as people see them: partials now and then, a final turn once it is on disk. Rule L14.

import type { EscalationRules } from '../../shared/contract/agents.ts'
import type { Speaker } from '../../shared/contract/calls.ts'
import { hasReservedName, isDeeperThan, JSON_DEPTH_LIMIT, type JsonObject } from '../../shared/primitives.ts'
import type { CallFact } from '../calls/call-facts.ts'
import { wordsThatFired } from '../calls/escalation.ts'
import { type SpeechRecord, Transcript, type TurnRecord } from '../calls/transcript.ts'
import type { Clock } from '../platform/ports.ts'
import type { LiveView } from './live-view.ts'
import { PartialTurns } from './partial-turns.ts'
import type { HeardItem } from './playback.ts'

/** On the call's clock and the wall's. */
export interface Moment {
  at: Date
  ms: number
}

export interface CallWordsDeps {
  view: LiveView
  clock: Clock
  /** Puts a fact on disk; `told` runs after it. */
  lay: (fact: CallFact, told: () => void) => void
  tell: (turn: TurnRecord) => void
}

const UNHEARD = { heard_ms: 0, sent_ms: 0, is_complete: false }

export class CallWords {
  readonly #deps: CallWordsDeps
  readonly #transcript = new Transcript()
  readonly #partials: PartialTurns

  constructor(deps: CallWordsDeps) {
    this.#deps = deps
    this.#partials = new PartialTurns(deps.clock, deps.tell)
  }

  get turns(): readonly TurnRecord[] {
    return this.#transcript.turns
  }

  /** True when the caller's voice was heard, whether its words were understood or not. */
  get hasCallerSpoken(): boolean {
    return this.turns.some((turn) => turn.kind === 'speech' && turn.speaker === 'caller')
  }

  /** True while something the caller said is not written down yet. */
  get awaitsCaller(): boolean {
    return this.turns.some((turn) => turn.kind === 'speech' && turn.speaker === 'caller' && !turn.is_final)
  }

  callerStarted(item_id: string | null, started_ms: number, now: Moment): void {
    this.#show(this.#transcript.callerStarted(item_id, started_ms, now))
  }

  callerStopped(item_id: string | null, ended_ms: number, now: Moment): void {
    this.#show(this.#transcript.callerStopped(item_id, ended_ms, now))
  }

  callerText(item_id: string, delta: string, now: Moment): void {
    this.#show(this.#transcript.callerText(item_id, delta, now))
  }

  /** @returns the words of the caller that fired a rule */
  callerFinal(item_id: string, text: string, rules: EscalationRules, now: Moment): string[] {
    const turn = this.#transcript.callerFinal(item_id, text, now)
    if (!turn) return []
    const words = wordsThatFired(turn.text, rules)
    this.#transcript.markRuleWords(turn, words)
    this.#publish(turn)
    return words
  }

  agentText(item_id: string, delta: string, context_version: number, now: Moment): void {
    this.#show(this.#transcript.agentText(item_id, delta, context_version, now))
  }

  /** The whole text of an agent's turn, as the model gives it at the end. */
  agentWhole(item_id: string, text: string, context_version: number, now: Moment): void {
    this.#show(this.#transcript.agentWhole(item_id, text, context_version, now))
  }

  agentSounds(item_id: string, starts_ms: number, context_version: number, now: Moment) {
    return this.#transcript.agentSounds(item_id, starts_ms, context_version, now)
  }

  agentHeard(item: HeardItem): void {
    this.#publish(this.#transcript.agentHeard(item.item_id, item.heard_ms))
  }

  agentCut(item: HeardItem, by: Speaker | null): void {
    this.#publish(this.#transcript.agentCut(item.item_id, item, by))
  }

  /** Text of the agent that came without a sound was never heard. */
  agentSilent(isPlaying: (item_id: string) => boolean): void {
    for (const turn of this.turns)
      if (turn.kind === 'speech' && turn.speaker === 'agent' && !turn.is_final && !isPlaying(turn.turn_id))
        this.#publish(this.#transcript.agentCut(turn.turn_id, UNHEARD, null))
  }

  tool(name: string, arguments_json: string, result: string, failed: boolean, now: Moment): void {
    this.#publish(this.#transcript.tool(name, toObject(arguments_json), result, failed, now))
  }

  notice(text: string, now: Moment): void {
    this.#publish(this.#transcript.notice(text, now))
  }

  /** Nothing more will come: what is open becomes final as it stands. */
  close(now: Moment): void {
    for (const turn of this.#transcript.close(now)) this.#publish(turn)
    this.#partials.close()
  }

  #show(turn: SpeechRecord | null): void {
    if (!turn || turn.is_final) return
    this.#deps.view.line(turn)
    this.#partials.show(turn)
  }

  #publish(turn: TurnRecord | null): void {
    if (!turn) return
    this.#partials.forget(turn.turn_id)
    if (turn.kind === 'speech') this.#deps.view.line(turn)
    this.#deps.lay({ type: 'turn_final', turn: structuredClone(turn) }, () => this.#deps.tell(turn))
  }
}

/** What a model wrote goes into the store and to consoles: nothing that is nested without end. */
function toObject(json: string): JsonObject {
  try {
    const value: unknown = JSON.parse(json)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const isSafe = isObject && !isDeeperThan(JSON_DEPTH_LIMIT, value) && !hasReservedName(value)
    return isSafe ? (value as JsonObject) : { text: json }
  } catch {
    return { text: json }
  }
}
