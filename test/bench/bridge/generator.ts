// A generator of load, a process of its own: the phone's side of its calls, and the model's side of as many sessions as
// it is handed. Started by load.ts.
import type { Socket } from 'node:net'
import { CarrierCall } from './carrier-call.ts'
import { Histogram } from './histogram.ts'
import { FRAME_MS } from './media-frame.ts'
import { ModelSession } from './model-session.ts'
import type { Counts, Order, Report } from './orders.ts'
import { nowUs } from './stamp.ts'
import type { Moment } from './tally.ts'
import { callSidOf, enter } from './webhook.ts'
import { acceptSocket } from './wire.ts'

const OPENING_AT_ONCE = 8
const FRAME_US = FRAME_MS * 1_000
const KEPT_FAILURES = 5
const MOST_AT_ONCE = 500

const [up, down, late] = [new Histogram(), new Histogram(), new Histogram()]
const slices = new Map<number, Histogram>()
const carriers: CarrierCall[] = []
const sessions: ModelSession[] = []
const speech_starts: Moment[] = []
const clears: Moment[] = []
const failures: string[] = []
let window = { begin_us: Number.POSITIVE_INFINITY, end_us: 0, slice_ms: null as number | null }
let refused = 0
let kept = 0
let isSpeaking = true

const isWithin = (at_us: number): boolean => at_us >= window.begin_us && at_us < window.end_us
const fail = (why: string): void => void (failures.length < KEPT_FAILURES && failures.push(why))

const carrierListener = {
  onSound: (sent_us: number, now_us: number) => void (isWithin(sent_us) && down.add(now_us - sent_us)),
  onClear: (call: number, at_us: number) => void clears.push({ call, at_us }),
  onLost: (call: number, why: string) => fail(`Call ${call}: ${why}`),
}
const modelListener = {
  onFrame(sent_us: number, now_us: number, wasKept: boolean) {
    if (wasKept) kept++
    if (!isWithin(sent_us)) return
    up.add(now_us - sent_us)
    if (window.slice_ms !== null) sliceAt(sent_us).add(now_us - sent_us)
  },
  onSpeechStarted: (call: number, at_us: number) => void (isWithin(at_us) && speech_starts.push({ call, at_us })),
}

function sliceAt(sent_us: number): Histogram {
  const index = Math.floor((sent_us - window.begin_us) / (1_000 * (window.slice_ms ?? 1)))
  const slice = slices.get(index) ?? new Histogram()
  slices.set(index, slice)
  return slice
}

// ---- the phone's side

async function openCalls(order: Extract<Order, { type: 'open' }>): Promise<void> {
  const waiting = [...order.calls]
  const openOne = async (call: number): Promise<void> => {
    const call_sid = callSidOf(order.run, call)
    const address = await enter(order.entrance, call_sid)
    if (address) carriers.push(await CarrierCall.open(call, call_sid, address, carrierListener))
    else refused++
  }
  const openOnes = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift())
      await openOne(call).catch((error: unknown) => fail(`Call ${call}: ${String(error)}`))
  }
  speakOnTime(order)
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openOnes))
}

/** Every call has its own place within each 20 ms, so that the frames of all are spread evenly. */
function speakOnTime({ calls, total, epoch_us }: Extract<Order, { type: 'open' }>): void {
  const dueOf = (turn: number): number => {
    const round = Math.floor(turn / calls.length)
    return epoch_us + round * FRAME_US + (calls[turn % calls.length]! * FRAME_US) / total
  }
  const places = new Map(calls.map((call, place) => [call, place]))
  const byPlace: (CarrierCall | undefined)[] = []
  let known = 0
  let turn = Math.ceil((nowUs() - epoch_us) / FRAME_US) * calls.length
  const timer = setInterval(() => {
    if (!isSpeaking) return clearInterval(timer)
    for (; known < carriers.length; known++) byPlace[places.get(carriers[known]!.call)!] = carriers[known]
    // What is due is sent, but a generator that is behind must also read.
    for (let left = MOST_AT_ONCE; left > 0; left--) {
      const [now_us, due_us] = [nowUs(), dueOf(turn)]
      if (due_us > now_us) break
      if (isWithin(due_us)) late.add(now_us - due_us)
      byPlace[turn++ % calls.length]?.speak(now_us)
    }
  }, 1)
}

// ---- the model's side

/** A session that opens late is one whose upgrade is answered late. */
function meetBridge(socket: Socket, open_after_ms: number): void {
  setTimeout(
    () => acceptSocket(socket, (rest) => sessions.push(new ModelSession(socket, rest, sessions.length, modelListener))),
    open_after_ms,
  )
}

// ---- what the bench asks

const sum = <T>(all: T[], of: (one: T) => number): number => all.reduce((total, one) => total + of(one), 0)
const hears = (session: ModelSession): boolean => session.arrivals !== null

const counts = (): Counts => ({
  opened: carriers.length,
  refused,
  live: sessions.filter(hears).length,
  frames_sent: sum(carriers, ({ sent }) => sent),
  frames_arrived: sum(sessions, ({ arrivals }) => arrivals?.count ?? 0),
  pieces_sent: sum(sessions, ({ sent }) => sent),
  pieces_arrived: sum(carriers, ({ arrivals }) => arrivals.count),
  failures,
})

const report = (): Report => ({
  up: up.data(),
  down: down.data(),
  late: late.data(),
  frames: {
    sent: carriers.map(({ call, sent }) => ({ call, count: sent })),
    arrivals: sessions.flatMap(({ arrivals }) => arrivals ?? []),
    kept,
  },
  pieces: {
    sent: sessions.flatMap(({ arrivals, sent }) => (arrivals ? { call: arrivals.call, count: sent } : [])),
    arrivals: carriers.map(({ arrivals }) => arrivals),
  },
  speech_starts,
  clears,
  slices: [...slices].map(([index, slice]) => ({ index, up: slice.data() })),
})

const answer = (value: Counts | Report): void => void process.send?.(value)

process.on('disconnect', () => process.exit())
process.on('message', (order: Order, handle?: unknown) => {
  switch (order.type) {
    case 'open':
      return void openCalls(order)
    case 'model':
      return handle ? meetBridge(handle as Socket, order.open_after_ms) : undefined
    case 'window':
      window = order
      return
    case 'count':
      return answer(counts())
    case 'halt':
      for (const session of sessions) session.halt()
      return
    case 'hang_up':
      isSpeaking = false
      for (const carrier of carriers) carrier.stop()
      return
    case 'report':
      return answer(report())
    default:
      return order satisfies never
  }
})
process.send?.('ready')
