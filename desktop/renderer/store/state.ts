// What the console knows. Server facts lie here by id and are changed by events only. Drafts that are lost with their
// component are drafts that people lose: overrides, agents and staged numbers that are being worked on lie here too.
import type { LinkState } from '../../../shared/bridge.ts'
import type { Me, Setup } from '../../../shared/contract/access.ts'
import type { Agent } from '../../../shared/contract/agents.ts'
import type { Attention, CallSession, CallSummary, Turn } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { Tenant } from '../../../shared/contract/tenants.ts'
import type { Problem } from '../../../shared/errors.ts'
import type { HeldDensity } from './density.ts'
import type { OverrideDrafts } from './override-drafts.ts'
import type { Wall } from './wall.ts'
import type { WorkDrafts } from './work-drafts.ts'

export type Session =
  | { state: 'restoring' }
  /** `ended`: whose sign-in the relay ended; null for nobody's, and for who signed out. */
  | { state: 'signed_out'; ended: Me['user'] | null }
  | { state: 'signed_in'; me: Me }

/** Where reading a whole list stands: nothing is shown as empty before it was read. */
export type Reading = { state: 'waiting' } | { state: 'ready' } | { state: 'failed'; problem: Problem }

/** What only the reading of one call brings, beside its summary and its turns. */
export type CallDetail = Omit<CallSession, keyof CallSummary | 'transcript'>

export type Listening =
  | { state: 'off' }
  | { state: 'on'; call_sid: string }
  | { state: 'closed'; call_sid: string; reason: string }

/** When one's own listening in to a call began and ended; null while it goes on. Epoch milliseconds. */
export interface Listened {
  from: number
  to: number | null
}

export const DENSITIES = ['large', 'medium', 'compact', 'row'] as const
export type Density = (typeof DENSITIES)[number]

export interface AccessSlice {
  session: Session
  /** Signing out was asked for: the end that comes is no surprise. */
  is_leaving: boolean
  setup: Setup | null
  link: LinkState
  tenant: Tenant | null
}
export interface CallSlice {
  /** Live calls, and those that were opened, by call_sid. */
  calls: Record<string, CallSummary>
  turns: Record<string, Turn[]>
  details: Record<string, CallDetail>
  versions: Record<string, ContextVersion[]>
  /** Where the versions go on that were not read yet; null when there are none. */
  older_versions: Record<string, string | null>
  /** Why calls that are over needed a person, as far as it was seen here. */
  needed: Record<string, Attention[]>
  /** Calls whose end no event told: when that was found out (epoch milliseconds), and whether their record has it. */
  missed: Record<string, { since: number; is_recorded: boolean }>
  /**
   * Calls shown as they were last known: the relay they may be at could not be asked. The last moment of which something
   * is known of each, epoch milliseconds.
   */
  stale: Record<string, number>
  /** False when other relays could not be asked at the last reading: calls of theirs may be missing. */
  is_whole: boolean
  /** One's own listening in since one came to this tenant, oldest first. */
  listened: Record<string, Listened[]>
  /** Calls that one ended oneself since one came to this tenant: the record has who ended a call by name only. */
  hung_up: Record<string, true>
  wall: Wall
  /** How large cards are while nobody chose it; null before the calls were read. */
  held_density: HeldDensity | null
  capacity: number
  /** Events up to this number are contained in what is here. */
  last_seq: number
  live_reading: Reading
  /** The 95th percentile of reply delays, every few seconds, oldest first. Milliseconds. */
  delays: number[]
}
export interface DirectorySlice {
  agents: Record<string, Agent>
  numbers: Record<string, PhoneNumber>
  agents_reading: Reading
  numbers_reading: Reading
}
export interface DraftSlice {
  overrides: OverrideDrafts
  /** Agents and staged numbers that are being worked on. */
  drafts: WorkDrafts
}
export interface ViewSlice {
  selected: string | null
  /** The call whose own screen is open. */
  opened: string | null
  density: Density | 'auto'
  group: 'auto' | 'agent' | 'none'
  filter: string
  /** Calls to which the wall is narrowed, with the name of what they have in common. */
  narrowed: { name: string; call_sids: string[] } | null
  listening: Listening
}
export type ConsoleState = AccessSlice & CallSlice & DirectorySlice & DraftSlice & ViewSlice

/** Turns kept for a call that is open, and for one that is only on the wall. */
export const TURNS_KEPT = { open: 200, wall: 3 } as const

export const noCalls = (): CallSlice => ({
  calls: {},
  turns: {},
  details: {},
  versions: {},
  older_versions: {},
  needed: {},
  missed: {},
  stale: {},
  is_whole: true,
  listened: {},
  hung_up: {},
  wall: { all: [], by_agent: {} },
  held_density: null,
  capacity: 0,
  last_seq: 0,
  live_reading: { state: 'waiting' },
  delays: [],
})

export const noDirectory = (): DirectorySlice => ({
  agents: {},
  numbers: {},
  agents_reading: { state: 'waiting' },
  numbers_reading: { state: 'waiting' },
})

/**
 * The state of a console that was just opened.
 * @source ours
 */
export function initialState(): ConsoleState {
  return {
    session: { state: 'restoring' },
    is_leaving: false,
    setup: null,
    link: { state: 'signed_out' },
    tenant: null,
    ...noCalls(),
    ...noDirectory(),
    overrides: {},
    drafts: {},
    selected: null,
    opened: null,
    density: 'auto',
    group: 'auto',
    filter: '',
    narrowed: null,
    listening: { state: 'off' },
  }
}
