// Keeps the store in step with the relay: events are queued and written at most every 100 ms, whole readings come
// after the first link and whenever what was missed is gone.
import type { Bridge, LinkMessage, Reply } from '../../../shared/bridge.ts'
import type { CallSummary } from '../../../shared/contract/calls.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import { applyEvents } from './apply-event.ts'
import type { ConsoleStore } from './create-store.ts'
import { isLostCall, staleCalls, unrecordedCalls, withAbsent, withRecordedEnds } from './lost-calls.ts'
import { callsOnWall, isLive, may, percentile95, replyGaps, selectEnded, selectMe } from './selectors.ts'
import { sweepEnded, withCall, withLiveCalls } from './snapshot.ts'
import type { ConsoleState } from './state.ts'
import { noCalls, noDirectory } from './state.ts'

/** One write for all that came in this time. Source: desktop.md 5c, "store every 100 ms". */
const WRITE_EVERY_MS = 100
const SWEEP_EVERY_MS = 1_000
const SAMPLE_EVERY_MS = 10_000
const SAMPLES_KEPT = 12
/** Cost, usage and quality of the open call come with its reading only. */
const READ_OPEN_EVERY_MS = 15_000
/** A live call of which there was no word from one look to the next is asked for: its relay may be gone. */
const LOOK_EVERY_MS = 15_000
/** Whether all relays can be asked is told by the list alone; it is long, so it is read seldom while all is well. */
const LIST_EVERY_MS = 60_000
/** How a lost call ended is in its record soon after its relay is back. */
const READ_ENDS_EVERY_MS = 5_000

/** Epoch milliseconds. */
type Now = () => number

export interface RelayTiming {
  now(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

/**
 * Starts following.
 * @returns stops it
 * @source style.md section 9; bridge.ts
 */
export function followRelay(bridge: Bridge, store: ConsoleStore, timing: RelayTiming): () => void {
  let queue: RelayEvent[] = []
  let readings = 0
  let writer: unknown = null
  let session_read: ConsoleState['session'] | null = null

  const write = () => {
    writer = null
    if (readings > 0) return
    const events = queue
    queue = []
    if (events.length > 0) store.setState((state) => applyEvents(state, events))
  }
  const writeSoon = () => {
    writer ??= timing.setTimeout(write, WRITE_EVERY_MS)
  }
  // Events that come meanwhile wait: those the reading contains are dropped by their number.
  const read = async () => {
    queue = []
    readings += 1
    await readEverything(bridge, store, timing.now)
    readings -= 1
    write()
  }
  // Once for each sign-in, as soon as there is both a session and a link; again when the first reading failed.
  const readOnce = () => {
    const { session, link, live_reading } = store.getState()
    if (session.state !== 'signed_in' || (link.state !== 'linked' && link.state !== 'not_allowed')) return
    if (session === session_read && live_reading.state !== 'failed') return
    session_read = session
    void read()
  }
  const onMessage = (message: LinkMessage) => {
    switch (message.type) {
      case 'setup':
        return store.setState({ setup: message.setup })
      case 'me':
        return store.setState(({ session }) =>
          session.state === 'signed_in' ? { session: { state: 'signed_in', me: message.me } } : {},
        )
      case 'events':
        queue.push(...message.events)
        return writeSoon()
      case 'reload':
        return void read()
      case 'link':
        store.setState(afterLink(message.link))
        return readOnce()
    }
  }

  const unsubscribe = bridge.subscribe(onMessage)
  const unwatch = store.subscribe((state, before) => {
    if (state.session === before.session) return
    // What one person wrote is not the next one's. Who did not ask to leave finds it again.
    if (writerOf(state) !== writerOf(before)) store.setState({ overrides: {}, drafts: {} })
    readOnce()
  })
  const stopSweep = every(timing, SWEEP_EVERY_MS, () =>
    store.setState((state) => (state.link.state === 'lost' ? state : sweepEnded(state, timing.now()))),
  )
  const stopSamples = every(timing, SAMPLE_EVERY_MS, () => store.setState(sampleDelays))
  const stopReading = every(timing, READ_OPEN_EVERY_MS, () => {
    const { opened, calls, link } = store.getState()
    if (opened && link.state === 'linked' && calls[opened]?.ended_at === null) {
      void readCall(bridge, store, opened, timing.now)
    }
  })
  let seen: ReadonlyMap<string, CallSummary> = new Map()
  const looked_at = new Map<string, number>()
  let listed_at = timing.now()
  const stopLooking = every(timing, LOOK_EVERY_MS, () => {
    const state = store.getState()
    const live = callsOnWall(state).filter(isLive)
    const before = seen
    seen = new Map(live.map((call) => [call.call_sid, call]))
    for (const call_sid of looked_at.keys()) if (!seen.has(call_sid)) looked_at.delete(call_sid)
    if (state.link.state !== 'linked') return
    if (!state.is_whole || timing.now() - listed_at >= LIST_EVERY_MS) {
      listed_at = timing.now()
      return void findLost(bridge, store, timing.now)
    }
    const order = (call: CallSummary) => looked_at.get(call.call_sid) ?? 0
    const [silent] = live.filter((call) => before.get(call.call_sid) === call).sort((a, b) => order(a) - order(b))
    if (!silent) return
    looked_at.set(silent.call_sid, timing.now())
    void lookFor(bridge, store, silent.call_sid, timing.now)
  })
  const stopEnds = every(timing, READ_ENDS_EVERY_MS, () => {
    if (store.getState().link.state === 'linked') void readEnds(bridge, store, timing.now)
  })
  return () => {
    unsubscribe()
    unwatch()
    stopSweep()
    stopSamples()
    stopReading()
    stopLooking()
    stopEnds()
    if (writer !== null) timing.clearTimeout(writer)
  }
}

/** Whose drafts lie here. */
const writerOf = (state: ConsoleState) => (selectEnded(state) ?? selectMe(state)?.user)?.id

// The relay ended the sign-in: nothing of the tenant stays in sight.
const afterLink =
  (link: ConsoleState['link']) =>
  (state: ConsoleState): Partial<ConsoleState> => {
    if (link.state !== 'signed_out' || state.session.state !== 'signed_in') return { link }
    const ended = state.is_leaving ? null : state.session.me.user
    return { link, ...noCalls(), ...noDirectory(), tenant: null, session: { state: 'signed_out', ended } }
  }

/** Answers that come after the session changed belong to another tenant and are dropped. */
function sameSession(store: ConsoleStore): () => boolean {
  const { session } = store.getState()
  return () => store.getState().session === session
}

/**
 * Reads every list this user may read, and the calls that are open. What cannot be read says so where it is shown.
 * @source bridge.ts, reload
 */
async function readEverything(bridge: Bridge, store: ConsoleStore, now: Now): Promise<void> {
  const state = store.getState()
  const reads: Promise<unknown>[] = [readTenant(bridge, store)]
  if (may('calls.read')(state)) {
    reads.push(readLiveCalls(bridge, store, now))
    for (const call_sid of Object.keys(state.details)) reads.push(readCall(bridge, store, call_sid, now))
  }
  if (may('agents.read')(state)) reads.push(readAgents(bridge, store))
  if (may('numbers.read')(state)) reads.push(readNumbers(bridge, store))
  await Promise.all(reads)
}

async function readTenant(bridge: Bridge, store: ConsoleStore): Promise<void> {
  const isCurrent = sameSession(store)
  const reply = await bridge.request('getTenant', {})
  if (reply.ok && isCurrent()) store.setState({ tenant: reply.value })
}

/** Reads the live calls, and how those ended that are not among them any more. @source contract/calls.ts, listLiveCalls */
export async function readLiveCalls(bridge: Bridge, store: ConsoleStore, now: Now): Promise<void> {
  const isCurrent = sameSession(store)
  const reply = await bridge.request('listLiveCalls', {})
  if (!isCurrent()) return
  if (!reply.ok) return store.setState({ live_reading: { state: 'failed', problem: reply.problem } })
  store.setState((state) => withLiveCalls(state, reply.value, now()))
  await readEnds(bridge, store, now, staleCalls(store.getState()))
}

/**
 * Reads the records of lost calls, page after page of the time in which they began.
 * @param others whose records are read, too
 * @source contract/calls.ts, listCalls
 */
async function readEnds(
  bridge: Bridge,
  store: ConsoleStore,
  now: Now,
  others: readonly CallSummary[] = [],
): Promise<void> {
  const isCurrent = sameSession(store)
  const wanted = [...unrecordedCalls(store.getState()), ...others]
  if (wanted.length === 0) return
  const began = wanted.map((call) => Date.parse(call.started_at))
  const start = new Date(Math.min(...began)).toISOString()
  const end = new Date(Math.max(...began) + 1).toISOString()
  const page = async (cursor: Cursor) => {
    const reply = await bridge.request('listCalls', { query: { start, end, limit: 200, ...cursor } })
    if (reply.ok && isCurrent()) store.setState((state) => withRecordedEnds(state, reply.value.items, now()))
    return reply
  }
  await readPages(page, () => !isCurrent())
}

/** Asks for a call that is shown as live; when it is over, or no relay has it any more, others may be gone with it. */
async function lookFor(bridge: Bridge, store: ConsoleStore, call_sid: string, now: Now): Promise<void> {
  const isCurrent = sameSession(store)
  const reply = await bridge.request('getCall', { params: { call_sid } })
  if (!isCurrent() || !reply.ok) return
  if (isLostCall(reply.value) || reply.value.ended_at !== null) await findLost(bridge, store, now)
}

/**
 * Finds the calls shown as live that are not, and those whose relay cannot be asked: they may have ended in the record.
 * What is newer than the reading is left as it is.
 */
async function findLost(bridge: Bridge, store: ConsoleStore, now: Now): Promise<void> {
  const isCurrent = sameSession(store)
  const before = callsOnWall(store.getState())
  const reply = await bridge.request('listLiveCalls', {})
  if (!isCurrent() || !reply.ok) return
  const live = new Set(reply.value.items.map((call) => call.call_sid))
  const isGone = (call: CallSummary) => isLive(call) && !live.has(call.call_sid)
  store.setState((state) => {
    const absent = before.flatMap(({ call_sid }) => state.calls[call_sid] ?? []).filter(isGone)
    return withAbsent(state, reply.value, absent, now())
  })
  await readEnds(bridge, store, now, staleCalls(store.getState()))
}

/** Reads one call with its transcript and its newest context versions. @source contract/calls.ts, getCall */
export async function readCall(bridge: Bridge, store: ConsoleStore, call_sid: string, now: Now) {
  const isCurrent = sameSession(store)
  const [call, versions] = await Promise.all([
    bridge.request('getCall', { params: { call_sid } }),
    readNewestVersions(bridge, call_sid, store.getState().versions[call_sid]?.[0]?.version ?? null),
  ])
  if (call.ok && isCurrent()) {
    store.setState((state) => {
      const next = withCall(state, call.value, versions?.items ?? [], now())
      if (!versions || call_sid in state.older_versions) return next
      return { ...next, older_versions: { ...state.older_versions, [call_sid]: versions.next_cursor } }
    })
  }
  return call
}

/** The newest page of a call's versions, and those after it down to one that is known: a list with holes would look complete. */
async function readNewestVersions(bridge: Bridge, call_sid: string, known: number | null) {
  const reply = await readPages(
    (cursor) => bridge.request('listContextVersions', { params: { call_sid }, query: { limit: 100, ...cursor } }),
    (versions) => known === null || (versions.at(-1)?.version ?? 0) <= known,
  )
  return reply.ok ? reply.value : null
}

/** Reads all agents, page after page. @source contract/agents.ts */
export async function readAgents(bridge: Bridge, store: ConsoleStore): Promise<void> {
  const isCurrent = sameSession(store)
  const reply = await readPages(
    (cursor) => bridge.request('listAgents', { query: { limit: 200, ...cursor } }),
    () => !isCurrent(),
  )
  if (!isCurrent()) return
  if (!reply.ok) return store.setState({ agents_reading: { state: 'failed', problem: reply.problem } })
  const agents = Object.fromEntries(reply.value.items.map((agent) => [agent.id, agent]))
  store.setState({ agents, agents_reading: { state: 'ready' } })
}

/** Reads all numbers; what is known stays when they cannot be read. @source contract/numbers.ts */
export async function readNumbersNow(bridge: Bridge, store: ConsoleStore): Promise<Reply<ConsoleState['numbers']>> {
  const isCurrent = sameSession(store)
  const reply = await allNumbers(bridge)
  if (reply.ok && isCurrent()) store.setState({ numbers: reply.value, numbers_reading: { state: 'ready' } })
  return reply
}

/** Reads all numbers, and says so when they cannot be read. @source contract/numbers.ts */
export async function readNumbers(bridge: Bridge, store: ConsoleStore): Promise<void> {
  const isCurrent = sameSession(store)
  const reply = await readNumbersNow(bridge, store)
  if (!reply.ok && isCurrent()) store.setState({ numbers_reading: { state: 'failed', problem: reply.problem } })
}

/** Released ones are not ours any more. */
async function allNumbers(bridge: Bridge): Promise<Reply<ConsoleState['numbers']>> {
  const reply = await readPages((cursor) => bridge.request('listNumbers', { query: { limit: 200, ...cursor } }))
  if (!reply.ok) return reply
  const ours = reply.value.items.filter((number) => number.status !== 'released')
  return { ok: true, value: Object.fromEntries(ours.map((number) => [number.phone_number, number])) }
}

interface Cursor {
  cursor?: string
}
type Pages<T> = Reply<{ items: T[]; next_cursor: string | null }>

/**
 * Reads page after page.
 * @param isEnough says of what was read so far that the rest is not wanted
 * @returns what was read, and where it goes on; the problem of the page that could not be read
 */
async function readPages<T>(
  page: (cursor: Cursor) => Promise<Pages<T>>,
  isEnough: (items: readonly T[]) => boolean = () => false,
): Promise<Pages<T>> {
  const items: T[] = []
  let next_cursor: string | null = null
  do {
    const reply: Pages<T> = await page(next_cursor ? { cursor: next_cursor } : {})
    if (!reply.ok) return reply
    items.push(...reply.value.items)
    next_cursor = reply.value.next_cursor
  } while (next_cursor && !isEnough(items))
  return { ok: true, value: { items, next_cursor } }
}

function sampleDelays(state: ConsoleState): ConsoleState {
  const p95 = percentile95(replyGaps(callsOnWall(state).filter(({ call_sid }) => !(call_sid in state.stale))))
  if (p95 === null || state.link.state === 'lost') return state
  return { ...state, delays: [...state.delays, p95].slice(-SAMPLES_KEPT) }
}

function every(timing: RelayTiming, ms: number, run: () => void): () => void {
  let timer = timing.setTimeout(function again() {
    run()
    timer = timing.setTimeout(again, ms)
  }, ms)
  return () => timing.clearTimeout(timer)
}
