// What the console's renderer may ask of the world around it. In Electron the preload exposes it and the main
// process does it; in a browser `lib/browser-bridge.ts` stands for both. Both are made of `relay-client.ts`.

import type { Me, Setup } from './contract/access.ts'
import type { Problem } from './errors.ts'
import type { RelayEvent } from './events.ts'
import type { RouteInput, RouteOutput } from './route.ts'
import type { RouteName, Routes } from './routes.ts'

export type Reply<T> = { ok: true; value: T } | { ok: false; problem: Problem }

/** The live link to the relay, as the top bar shows it. Times are ISO 8601. */
export type LinkState =
  | { state: 'connecting' }
  | { state: 'linked'; round_trip_ms: number | null }
  /** `as_of`: the last moment for which what is shown is known to be right. */
  | { state: 'lost'; as_of: string; retry_at: string }
  /** The relay is there, and the roles of who is signed in include no events: asking again would change nothing. */
  | { state: 'not_allowed' }
  | { state: 'signed_out' }

export type LinkMessage =
  | { type: 'link'; link: LinkState }
  | { type: 'events'; events: RelayEvent[] }
  /** What was missed is gone: read everything again. */
  | { type: 'reload' }
  | { type: 'setup'; setup: Setup }
  /** The roles of who is signed in were changed. */
  | { type: 'me'; me: Me }

/** 100 ms pieces of mu-law, 8 kHz: which voice, its bytes, and when on the call's clock. */
export interface AudioPiece {
  speaker: 'caller' | 'agent'
  at_ms: number
  mulaw: Uint8Array
}
export type ListenMessage =
  | { type: 'audio'; piece: AudioPiece }
  | { type: 'flush'; speaker: 'agent' }
  | { type: 'closed'; reason: string }

export interface Bridge {
  readonly shell: 'electron' | 'browser'
  readonly relay_url: string
  /** Restores an earlier sign-in, if there is one. */
  restore(): Promise<Reply<Me | null>>
  signIn(input: { email: string; password: string; tenant_id?: string }): Promise<Reply<Me>>
  signOut(): Promise<void>
  switchTenant(tenant_id: string): Promise<Reply<Me>>
  /** One request of the API. Refused at once, with a problem, while the link is lost (never queued). */
  request<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>>
  /** Everything that comes in on the event socket, in order. Opens when signed in. */
  subscribe(listener: (message: LinkMessage) => void): () => void
  /** Listen in to a live call. The returned function stops it. */
  listen(call_sid: string, listener: (message: ListenMessage) => void): () => void
}
