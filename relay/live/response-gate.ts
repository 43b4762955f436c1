// One hazard, one file: only one response may write to the conversation. A second `response.create` is an error, and
// with voice activity detection the model starts responses by itself. So what we want to ask for waits here.
//
//   free ──ask──▶ requested ──started──▶ active ──done──▶ free        (started also from free: the model began by itself)
//                     └──tooEarly──▶ active, and asked again after it

/** Why a response is asked for; later kinds take the place of earlier ones that still wait. */
export type ResponseKind = 'greeting' | 'reply' | 'override' | 'farewell'

export interface ResponseGate {
  readonly state: 'free' | 'requested' | 'active'
  readonly asked: ResponseKind | null
  readonly waiting: ResponseKind | null
}
export const FREE_GATE: ResponseGate = { state: 'free', asked: null, waiting: null }

/** `create` is what to send now, or null. */
interface GateStep {
  gate: ResponseGate
  create: ResponseKind | null
}

export function ask(gate: ResponseGate, kind: ResponseKind): GateStep {
  if (gate.state === 'free') return { gate: { state: 'requested', asked: kind, waiting: null }, create: kind }
  return { gate: { ...gate, waiting: kind }, create: null }
}

export function started(gate: ResponseGate): GateStep {
  return { gate: { ...gate, state: 'active' }, create: null }
}

/** @param first asked for before what waits */
export function done(gate: ResponseGate, first: ResponseKind | null = null): GateStep {
  const next = first ?? gate.waiting
  if (next === null) return { gate: FREE_GATE, create: null }
  return {
    gate: { state: 'requested', asked: next, waiting: next === gate.waiting ? null : gate.waiting },
    create: next,
  }
}

/** `conversation_already_has_active_response`: the model was faster; ask again when it is done. */
export function tooEarly(gate: ResponseGate): GateStep {
  return { gate: { state: 'active', asked: null, waiting: gate.waiting ?? gate.asked }, create: null }
}

/** Not now: asked for when what comes next is done. */
export function hold(gate: ResponseGate, kind: ResponseKind): ResponseGate {
  return { ...gate, waiting: kind }
}

/** What waits or is asked for under this name is not wanted any more. */
export function withdraw(gate: ResponseGate, kind: ResponseKind): ResponseGate {
  return {
    ...gate,
    asked: gate.asked === kind ? null : gate.asked,
    waiting: gate.waiting === kind ? null : gate.waiting,
  }
}
