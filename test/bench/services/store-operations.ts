// What is asked of the store, twice: through its port as the relay asks it, and of the bare driver as one would write it
// for one tenant's database. Same filters, same documents.
import type { Db } from 'mongodb'
import { agents, agentVersions } from '../../../relay/agents/agent-records.ts'
import { type HourRecord, usageHourly } from '../../../relay/analytics/analytics-records.ts'
import { callSessions } from '../../../relay/calls/call-records.ts'
import type { Doc, TenantStore } from '../../../relay/store/doc-store.ts'
import { AMOUNTS, agentId, callSid, newestHour, turnRecord, versionRecord } from './documents.ts'

export interface Operation {
  name: string
  /** Who asks it in the relay. */
  as: string
  /** Reads answer alike on both sides, which is checked before anything is measured. */
  isRead: boolean
  /** @param n a number that no other operation of this side has */
  port(store: TenantStore, n: number): Promise<unknown>
  bare(db: Db, n: number): Promise<unknown>
}

const PAGE = 51
const DAY_MS = 86_400_000
const FIELDS = ['agent_id', 'agent_name', 'hour_at', 'q0', 'q1', 'q2', 'q3']
const projection = Object.fromEntries([...FIELDS, 'tenant_id'].map((field) => [field, 1]))
const theDay = { $gte: new Date(newestHour.getTime() - DAY_MS), $lt: newestHour }
const agentOf = (n: number): string => agentId(n % AMOUNTS.agents)
const callOf = (n: number): string => callSid(n % AMOUNTS.calls)
const OUTCOMES = [
  { $match: { started_at: { $gte: new Date(newestHour.getTime() - DAY_MS) } } },
  { $group: { _id: '$outcome', calls: { $sum: 1 }, seconds: { $sum: '$duration_seconds' }, cost: { $sum: '$cost' } } },
  { $sort: { _id: 1 } },
]

const noted = (n: number) => ({
  $set: { facts_seq: n },
  $push: { transcript: { $each: [turnRecord(n % 2, newestHour)], $slice: -8 } },
})
const saved = (n: number) => ({ $set: { version: n, updated_at: new Date(newestHour.getTime() + n) } })

/** As `rollUpCall` does it: a hundred hours that are made once and then added to. */
function added(n: number) {
  const hour_at = new Date(newestHour.getTime() + (n % 100) * 3_600_000)
  return {
    _id: `${agentOf(n)}.${hour_at.toISOString()}`,
    update: {
      $setOnInsert: { agent_id: agentOf(n), hour_at },
      $set: { agent_name: 'An agent' },
      $max: { last_call_at: new Date(hour_at.getTime() + n) },
      $inc: { 'q0.calls': 1, 'q0.seconds': 180, 'q0.cost': 0.1234, 'q0.outcomes.resolved': 1 },
    },
  }
}

/** @param tenant_id in every document, so also in the driver's filters */
export const operationsOf = (tenant_id: string): Operation[] => [
  {
    name: 'insert one',
    as: 'a version of an agent',
    isRead: false,
    port: (store, n) => agentVersions(store).insertOne({ ...versionRecord(n, tenant_id), _id: `port${n}` }),
    bare: (db, n) =>
      db.collection<Doc>('agent_versions').insertOne({ ...versionRecord(n, tenant_id), _id: `bare${n}` }),
  },
  {
    name: 'read one by id',
    as: 'GET /api/agents/:id',
    isRead: true,
    port: (store, n) => agents(store).findOne({ _id: agentOf(n) }),
    bare: (db, n) => db.collection<Doc>('agents').findOne({ _id: agentOf(n), tenant_id }),
  },
  {
    name: `a page of ${PAGE - 1}, newest first`,
    as: 'GET /api/calls',
    isRead: true,
    port: (store) => callSessions(store).find({}, { sort: { started_at: -1 }, limit: PAGE }),
    bare: (db) =>
      db.collection('call_sessions').find({ tenant_id }).sort({ started_at: -1, _id: -1 }).limit(PAGE).toArray(),
  },
  {
    name: 'update one',
    as: 'a turn of a call',
    isRead: false,
    port: (store, n) => callSessions(store).updateOne({ _id: callOf(n) }, noted(n)),
    bare: (db, n) => db.collection<Doc>('call_sessions').updateOne({ _id: callOf(n), tenant_id }, noted(n) as never),
  },
  {
    name: 'change one and get it',
    as: 'PATCH /api/agents/:id',
    isRead: false,
    port: (store, n) => agents(store).findOneAndUpdate({ _id: agentOf(n) }, saved(n), { return_document: 'after' }),
    bare: (db, n) =>
      db
        .collection<Doc>('agents')
        .findOneAndUpdate({ _id: agentOf(n), tenant_id }, saved(n), { returnDocument: 'after' }),
  },
  {
    name: 'upsert',
    as: 'a call added to its hour',
    isRead: false,
    port: (store, n) => {
      const { _id, update } = added(n)
      return usageHourly(store).updateOne({ _id }, update, { upsert: true })
    },
    bare: (db, n) => {
      const { _id, update } = added(n)
      return db.collection<HourRecord>('usage_hourly').updateOne({ _id, tenant_id }, update as never, { upsert: true })
    },
  },
  {
    name: 'count',
    as: 'POST /api/agents',
    isRead: true,
    port: (store) => agents(store).count({}),
    bare: (db) => db.collection('agents').countDocuments({ tenant_id }),
  },
  {
    name: 'the hours of a day',
    as: 'GET /api/analytics',
    isRead: true,
    port: (store) => usageHourly(store).find({ hour_at: theDay }, { sort: { hour_at: 1 }, fields: [...FIELDS] }),
    bare: (db) =>
      db
        .collection('usage_hourly')
        .find({ tenant_id, hour_at: theDay }, { projection })
        .sort({ hour_at: 1, _id: 1 })
        .toArray(),
  },
  {
    name: 'aggregate',
    as: 'calls by outcome',
    isRead: true,
    port: (store) => callSessions(store).aggregate(OUTCOMES),
    bare: (db) =>
      db
        .collection('call_sessions')
        .aggregate([{ $match: { tenant_id } }, ...OUTCOMES])
        .toArray(),
  },
]
