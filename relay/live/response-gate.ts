// One hazard, one file: only one response may write to the conversation. A second `response.create` is an error, and
// with voice activity detection the model starts responses by itself. So what we want to ask for waits here.
//
//   free ──ask──▶ requested ──started──▶ active ──done──▶ free        (started also from free: the model began by itself)
//                     └──refused──▶ free, and asked again after the next done

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

export function done(gate: ResponseGate): GateStep {
  return gate.waiting ? ask(FREE_GATE, gate.waiting) : { gate: FREE_GATE, create: null }
}

/** `conversation_already_has_active_response`: the model was faster; ask again when it is done. */
export function tooEarly(gate: ResponseGate): GateStep {
  return { gate: { state: 'active', asked: null, waiting: gate.waiting ?? gate.asked }, create: null }
}

/** The request itself was refused: nothing is running because of it. */
export function refused(gate: ResponseGate): GateStep {
  return gate.state === 'requested' ? done({ ...gate, asked: null }) : { gate, create: null }
}
