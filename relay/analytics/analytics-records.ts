// Hourly roll-ups: one document per agent and UTC hour, with its four quarters, because there are time zones that are
// a quarter of an hour off. A call is added once: the document remembers the calls it contains.
import { OUTCOMES, type Outcome } from '../../shared/contract/calls.ts'
import type { CallRecord } from '../calls/call-facts.ts'
import type { CollectionSpec, DocCollection, TenantStore } from '../store/doc-store.ts'
import { StoreError } from '../store/doc-store.ts'

export interface QuarterSums {
  calls: number
  seconds: number
  cost: number
  outcomes: Partial<Record<Outcome, number>>
  /** Calls in which an escalation was raised, or whose outcome says so; missing in what earlier relays wrote. */
  escalated?: number
}
export const QUARTERS = ['q0', 'q1', 'q2', 'q3'] as const
export type Quarter = (typeof QUARTERS)[number]

/** The agent of an hour that holds what calls cost that reached none. A document of its own: nothing bounds their number. */
export const NO_AGENT = 'none'

export interface HourRecord {
  _id: string
  tenant_id: string
  agent_id: string
  agent_name: string
  /** The UTC hour in which the calls started. */
  hour_at: Date
  last_call_at: Date
  call_sids: string[]
  /** Of them, those whose cost the carrier has corrected. */
  corrected_sids?: string[]
  q0?: QuarterSums
  q1?: QuarterSums
  q2?: QuarterSums
  q3?: QuarterSums
  [field: string]: unknown
}

const USAGE_HOURLY = {
  name: 'usage_hourly',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, hour_at: 1 } }, { keys: { tenant_id: 1, agent_id: 1 } }],
} as const satisfies CollectionSpec

export const usageHourly = (store: TenantStore): DocCollection<HourRecord> => store.collection<HourRecord>(USAGE_HOURLY)

const HOUR_MS = 3_600_000
const QUARTER_MS = 900_000

/**
 * Adds an ended call to its hour, exactly once however often it is asked.
 * @source product text, "Success rate": only ended calls that reached the agent count. One whose caller hung up before
 *   the media stream did not reach it, whatever its outcome says
 */
export async function rollUpCall(store: TenantStore, call: CallRecord): Promise<void> {
  if (!isRolledUp(call)) return
  const outcome = OUTCOMES.find((known) => known === call.outcome) as Outcome
  await addOnce(store, call, call.agent_id as string, {
    calls: 1,
    seconds: call.duration_seconds ?? 0,
    cost: call.cost,
    [`outcomes.${outcome}`]: 1,
    escalated: call.escalated || outcome === 'escalated' ? 1 : 0,
  })
}

async function addOnce(store: TenantStore, call: CallRecord, agent_id: string, sums: Record<string, number>) {
  const { _id, hour_at, quarter } = placeOf(agent_id, call)
  try {
    await usageHourly(store).updateOne(
      { _id, call_sids: { $ne: call.call_sid } },
      {
        $setOnInsert: { agent_id, hour_at },
        $set: { agent_name: agent_id === NO_AGENT ? '' : (call.agent_name ?? '') },
        $max: { last_call_at: call.started_at },
        $push: { call_sids: call.call_sid },
        $inc: Object.fromEntries(Object.entries(sums).map(([name, more]) => [`${quarter}.${name}`, more])),
      },
      { upsert: true },
    )
  } catch (error) {
    // The hour is there and contains the call already, so the upsert met its own document.
    if (!(error instanceof StoreError) || error.code !== 'DUPLICATE_KEY') throw error
  }
}

/**
 * The carrier says later what an ended call cost: its hour is corrected, once. What it takes for a call that reached no
 * agent was in no hour before; nor is the call, but for its cost.
 * @param usd what the call cost more, or less
 * @returns false while the hour does not contain the call
 */
export async function correctCost(store: TenantStore, call: CallRecord, usd: number): Promise<boolean> {
  if (!isRolledUp(call)) {
    await addOnce(store, call, NO_AGENT, { cost: usd })
    return true
  }
  const { _id, quarter } = placeOf(call.agent_id as string, call)
  const { call_sid } = call
  const { matched } = await usageHourly(store).updateOne(
    { $and: [{ _id }, { call_sids: call_sid }, { corrected_sids: { $ne: call_sid } }] },
    { $inc: { [`${quarter}.cost`]: usd }, $push: { corrected_sids: call_sid } },
  )
  return matched > 0 || (await usageHourly(store).count({ _id, corrected_sids: call_sid })) > 0
}

const isRolledUp = (call: CallRecord): boolean =>
  Boolean(call.agent_id && call.answered_at && call.ended_at && call.outcome)

function placeOf(agent_id: string, { started_at }: CallRecord): { _id: string; hour_at: Date; quarter: Quarter } {
  const started = started_at.getTime()
  const hour_at = new Date(started - (started % HOUR_MS))
  const quarter = QUARTERS[Math.floor((started % HOUR_MS) / QUARTER_MS)] as Quarter
  return { _id: `${agent_id}.${hour_at.toISOString()}`, hour_at, quarter }
}
