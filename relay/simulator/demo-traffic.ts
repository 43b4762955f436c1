// The demo's callers: keeps about so many calls alive, so that there is always something to watch.
import { createCaller } from './caller-mind.ts'
import type { CallerScript, Desk } from './caller-script.ts'
import { ACME_CALLERS } from './caller-scripts-acme.ts'
import { NORTHWIND_CALLERS } from './caller-scripts-northwind.ts'
import type { PhoneCall } from './phone-call.ts'
import type { PhoneNetwork } from './phone-network.ts'
import type { Log } from './speech.ts'

export type Business = 'acme' | 'northwind'

export interface DemoTrafficOptions {
  network: PhoneNetwork
  numbers: { phone_number: string; business: Business; agent_type?: string }[]
  /** Calls alive at a time; default 6. */
  concurrent?: number
  /** Same seed, same callers in the same order. Default 1. */
  seed?: number
  log?: Log
}

export interface DemoTraffic {
  close(): Promise<void>
}

const CALLERS: Record<Business, readonly CallerScript[]> = {
  acme: ACME_CALLERS,
  northwind: NORTHWIND_CALLERS,
}
const FIRST_CALL_MS = 300
/** The first calls come close together, so that there is something to see at once. */
const OPENING_GAP_MS = 900
const LONGEST_GAP_MS = 6_000
const DESKS: [Desk, RegExp][] = [
  ['billing', /bill|invoice|account/i],
  ['orders', /order|deliver|status/i],
  ['returns', /return|exchange|refund/i],
  ['pharmacy', /pharm|prescription/i],
  ['front', /front|desk|appointment|reception/i],
]

/**
 * Lets people call until closed. Nobody calls twice at a time; who calls, and where, fits the line's name.
 * @throws never; a line that refuses a call is tried again later
 * @source ours
 */
export function startDemoTraffic(options: DemoTrafficOptions): DemoTraffic {
  const chance = createChance(options.seed ?? 1)
  const live = new Map<PhoneCall, CallerScript>()
  const called = new Map<string, number>()
  let timer: NodeJS.Timeout
  let isClosed = false
  let placed = 0
  const concurrent = options.concurrent ?? 6

  const call = () => {
    const busy = new Set([...live.values()].map((script) => script.id))
    const next = chooseCall(options, busy, called, chance)
    if (!next) return
    called.set(next.script.id, ++placed)
    try {
      const placedCall = options.network.placeCall({
        from: next.script.from,
        to: next.phone_number,
        caller: createCaller(next.script, chance),
      })
      live.set(placedCall, next.script)
      void placedCall.ended.then(() => live.delete(placedCall))
    } catch (error) {
      options.log?.('demo call could not be placed', { error: String(error) })
    }
  }
  const arrive = () => {
    if (isClosed) return
    if (live.size < concurrent) call()
    const isOpening = placed < concurrent
    timer = setTimeout(arrive, isOpening ? OPENING_GAP_MS * (0.5 + chance()) : 800 + chance() * LONGEST_GAP_MS)
  }
  timer = setTimeout(arrive, FIRST_CALL_MS)
  return {
    async close() {
      isClosed = true
      clearTimeout(timer)
      const ended = [...live.keys()].map((placedCall) => placedCall.ended)
      for (const placedCall of live.keys()) placedCall.hangUp()
      await Promise.all(ended)
    },
  }
}

/** The line first, by chance; then, of those who would call it, whoever has not called for longest. */
function chooseCall(
  { network, numbers }: DemoTrafficOptions,
  busy: ReadonlySet<string>,
  called: ReadonlyMap<string, number>,
  chance: () => number,
): { script: CallerScript; phone_number: string } | null {
  const line = numbers[Math.floor(chance() * numbers.length)]
  if (!line) return null
  const name = network.numbers().find((number) => number.phone_number === line.phone_number)?.friendly_name ?? ''
  const desk = DESKS.find(([, words]) => words.test(`${line.agent_type ?? ''} ${name}`))?.[0]
  const all = CALLERS[line.business]
  const fitting = all.filter((script) => script.desk === desk)
  const free = (fitting.length > 0 ? fitting : all).filter((script) => !busy.has(script.id))
  const order = free.map((script) => ({ script, rank: (called.get(script.id) ?? 0) + chance() * 3 }))
  const first = order.toSorted((a, b) => a.rank - b.rank)[0]
  return first ? { script: first.script, phone_number: line.phone_number } : null
}

/** Chance that repeats itself for the same seed (mulberry32). */
function createChance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
