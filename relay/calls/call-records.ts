// Call sessions in the store: how facts become documents, and how documents are read.

import { CONTEXT_UPDATES } from '../context/context-records.ts'
import { unreachable } from '../platform/errors.ts'
import type { CollectionSpec, DocCollection, DocStore, TenantStore, Update } from '../store/doc-store.ts'
import { StoreError } from '../store/doc-store.ts'
import type { TenantScope } from '../store/tenant-scope.ts'
import type { CallFact, CallRecord, JournalRecord } from './call-facts.ts'
import { isTerminal } from './call-status.ts'
import type { TurnRecord } from './transcript.ts'

export const CALL_SESSIONS = {
  name: 'call_sessions',
  scope: 'tenant',
  indexes: [
    { keys: { tenant_id: 1, started_at: -1 } },
    { keys: { tenant_id: 1, agent_id: 1 } },
    { keys: { call_sid: 1 }, unique: true },
    { keys: { tenant_id: 1, ended_at: 1 } },
  ],
} as const satisfies CollectionSpec

/** Which tenant a call belongs to, for webhooks that come without one. */
interface CallRoute {
  _id: string
  tenant_id: string
  [field: string]: unknown
}
const CALL_ROUTES = { name: 'call_routes', scope: 'platform', indexes: [] } as const satisfies CollectionSpec

export const callSessions = (store: TenantStore): DocCollection<CallRecord & { tenant_id: string }> =>
  store.collection<CallRecord & { [field: string]: unknown }>(CALL_SESSIONS) as never

export async function tenantOfCall(store: DocStore, call_sid: string): Promise<string | null> {
  return (await store.platform.collection<CallRoute>(CALL_ROUTES).findOne({ _id: call_sid }))?.tenant_id ?? null
}

/**
 * Puts facts of one call, in their order, into the store. Doing it twice changes nothing, however they come together the
 * second time: each document remembers the last fact it has.
 * @param rollUp counts an ended call, once
 * @throws StoreError
 * @source style.md, "facts go to a spool, then the store"
 */
export async function applyFacts(
  store: DocStore,
  scope: TenantScope,
  records: readonly JournalRecord[],
  rollUp: (call: CallRecord) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < records.length; ) {
    const plain = takeWhile(records.slice(at), ({ fact }) => PLAIN.has(fact.type))
    if (plain.length > 0) await applyChanges(store.forTenant(scope), plain)
    else await applyFact(store, scope, records[at]!, rollUp)
    at += Math.max(1, plain.length)
  }
}

/** What changes the call session and nothing else: many of them are one write. */
const PLAIN = new Set<CallFact['type']>([
  'call_moved',
  'call_answered',
  'status_reported',
  'turn_final',
  'usage_counted',
])

async function applyFact(
  store: DocStore,
  scope: TenantScope,
  record: JournalRecord,
  rollUp: (call: CallRecord) => Promise<void>,
): Promise<void> {
  const tenant = store.forTenant(scope)
  if (record.fact.type === 'call_opened') return insertOnce(store, tenant, record.fact.record)
  await applyChanges(tenant, [record])
  await alsoElsewhere(tenant, record)
  if (record.fact.type === 'call_ended') {
    const call = await callSessions(tenant).findOne({ _id: record.key })
    if (call) await rollUp(call)
  }
}

/** Those left out that the document has already, also when another relay brings the same ones at this moment. */
async function applyChanges(tenant: TenantStore, records: readonly JournalRecord[]): Promise<void> {
  const sessions = callSessions(tenant)
  for (let fresh = records; fresh.length > 0; ) {
    const { key, seq } = fresh[0]!
    const update = together(fresh)
    if (!update) return
    const { matched } = await sessions.updateOne({ _id: key, facts_seq: { $lt: seq } }, update)
    if (matched > 0 || fresh.length === 1) return
    const call = await sessions.findOne({ _id: key }, { fields: ['facts_seq'] })
    fresh = call ? fresh.filter((record) => record.seq > call.facts_seq) : []
  }
}

/** @returns null when there is nothing to change */
function together(records: readonly JournalRecord[]): Update | null {
  const changes = records.flatMap(({ fact, seq }) => {
    const change = fact.type === 'call_opened' ? null : changeOf(fact)
    return change ? [{ ...change, set: { ...change.set, facts_seq: seq } }] : []
  })
  if (changes.length === 0) return null
  const turns = changes.flatMap(({ push }) => push ?? [])
  return {
    $set: Object.assign({}, ...changes.map(({ set }) => set)),
    ...(turns.length > 0 ? { $push: { transcript: { $each: turns } } } : {}),
  }
}

const takeWhile = <T>(items: readonly T[], fits: (item: T) => boolean): T[] => {
  const end = items.findIndex((item) => !fits(item))
  return items.slice(0, end < 0 ? items.length : end)
}

/** The same change to a record in memory, for who follows a call without carrying it. */
export function foldFact(call: CallRecord, seq: number, fact: CallFact): void {
  if (fact.type === 'call_opened') return
  const change = changeOf(fact)
  Object.assign(call, change?.set, { facts_seq: seq })
  if (change?.push) call.transcript.push(change.push)
}

async function insertOnce(store: DocStore, tenant: TenantStore, call: CallRecord): Promise<void> {
  try {
    await store.platform
      .collection<CallRoute>(CALL_ROUTES)
      .updateOne({ _id: call._id }, { $set: { tenant_id: call.tenant_id } }, { upsert: true })
    await callSessions(tenant).insertOne(call as never)
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'DUPLICATE_KEY') throw error
  }
}

function changeOf(
  fact: Exclude<CallFact, { type: 'call_opened' }>,
): { set: Partial<CallRecord>; push?: TurnRecord } | null {
  switch (fact.type) {
    case 'call_moved':
      return { set: { relay_id: fact.relay_id } }
    case 'call_answered':
      return { set: { answered_at: fact.answered_at, status: 'in-progress' } }
    case 'status_reported':
      return { set: isTerminal(fact.status) ? {} : { status: fact.status } }
    case 'turn_final':
      return { set: {}, push: fact.turn }
    case 'usage_counted':
      return { set: { usage: fact.usage, cost: fact.cost, cost_breakdown: fact.cost_breakdown } }
    case 'call_ended': {
      const { type: _type, ...ended } = fact
      return { set: ended }
    }
    case 'context_applied':
    case 'context_refused':
    case 'context_used':
      return null
    default:
      return unreachable(fact)
  }
}

/** Facts that are about context versions, which lie in their own collection. All of them are idempotent by themselves. */
async function alsoElsewhere(tenant: TenantStore, { key: call_sid, fact }: JournalRecord): Promise<void> {
  const versions = tenant.collection(CONTEXT_UPDATES)
  switch (fact.type) {
    case 'context_applied': {
      const { version, applied_at } = fact
      const applied = { $set: { state: 'applied', applied_at, refused_reason: null } }
      await versions.updateMany({ call_sid, version: { $lte: version }, state: 'pending' }, applied)
      // It was taken for lost on the way to the call: see `context-service.ts`.
      const lost = await versions.findOne({ call_sid, version, state: 'refused' }, { fields: ['context_data'] })
      if (!lost) return
      await callSessions(tenant).updateOne(
        { _id: call_sid, context_version: version },
        { $set: { context: lost.context_data } },
      )
      await versions.updateOne({ _id: lost._id }, applied)
      return
    }
    case 'context_refused':
      await versions.updateMany(
        { call_sid, version: fact.version, state: 'pending' },
        { $set: { state: 'refused', refused_reason: fact.reason } },
      )
      // The next override builds on what is in force, unless one has already been stored.
      await callSessions(tenant).updateOne(
        { _id: call_sid, context_version: fact.version },
        { $set: { context: fact.context } },
      )
      return
    case 'context_used':
      await versions.updateMany(
        { call_sid, version: fact.version, used_in_turn: null },
        { $set: { used_in_turn: fact.turn_index } },
      )
      return
    case 'call_ended':
      await versions.updateMany(
        { call_sid, state: 'pending' },
        { $set: { state: 'refused', refused_reason: 'The call ended before the agent had it.' } },
      )
      return
    default:
  }
}
