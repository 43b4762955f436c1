// The least that answers the same: express and the driver, the same questions to the same database and the same JSON.
// Nobody is asked who they are, nothing is validated, limited, counted or told to consoles. It reads only the fields it
// answers with.
import { randomBytes } from 'node:crypto'
import express from 'express'
import { MongoClient } from 'mongodb'

const { MONGODB_URL, DATABASE, TENANT: tenant_id } = process.env
const QUARTERS = ['q0', 'q1', 'q2', 'q3']
const HOUR = { _id: 0, agent_id: 1, last_call_at: 1, q0: 1, q1: 1, q2: 1, q3: 1 }
const CALL = [
  ...['_id', 'id', 'tenant_id', 'agent_id', 'agent_name', 'agent_version', 'call_sid', 'from_number', 'to_number'],
  ...[
    'direction',
    'status',
    'outcome',
    'escalated',
    'end_reason',
    'started_at',
    'answered_at',
    'ended_at',
    'duration_seconds',
  ],
  ...['context_version', 'cost'],
]
const SUMMARY = Object.fromEntries(CALL.map((field) => [field, 1]))
/** As the relay says it: a mongod takes both forms alike, the test server looks for an index only for the short one. */
const TENANT = { tenant_id: { $eq: tenant_id } }
const NO_STATISTICS = { total_calls: 0, total_minutes: 0, average_duration: 0, success_rate: 0, last_call: null }

const client = new MongoClient(MONGODB_URL, {
  maxPoolSize: 50,
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
})
const db = client.db(DATABASE)
const agents = db.collection('agents')
const versions = db.collection('agent_versions')
const calls = db.collection('call_sessions')
const hours = db.collection('usage_hourly')

const round = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits

/** The figures of each agent over all time. */
async function statisticsOf(ids) {
  const sums = new Map()
  for (const hour of await hours.find({ ...TENANT, agent_id: { $in: ids } }, { projection: HOUR }).toArray()) {
    const sum = sums.get(hour.agent_id) ?? { calls: 0, seconds: 0, resolved: 0, last_call: null }
    sums.set(hour.agent_id, sum)
    for (const quarter of QUARTERS) {
      sum.calls += hour[quarter]?.calls ?? 0
      sum.seconds += hour[quarter]?.seconds ?? 0
      sum.resolved += hour[quarter]?.outcomes?.resolved ?? 0
    }
    if (!sum.last_call || hour.last_call_at > sum.last_call) sum.last_call = hour.last_call_at
  }
  return (id) => {
    const sum = sums.get(id)
    if (!sum?.calls) return NO_STATISTICS
    return {
      total_calls: sum.calls,
      total_minutes: round(sum.seconds / 60, 2),
      average_duration: round(sum.seconds / sum.calls, 1),
      success_rate: round(sum.resolved / sum.calls, 4),
      last_call: sum.last_call,
    }
  }
}

function pageOf(items, limit, time, show) {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  const mark = items.length > limit && last ? JSON.stringify([last[time].getTime(), last._id]) : null
  return { items: shown.map(show), next_cursor: mark && Buffer.from(mark).toString('base64url') }
}

const without = ({ _id, ...rest }) => rest
const limitOf = (req) => Number(req.query.limit ?? 50)

const app = express()
app.disable('x-powered-by')
app.use(express.json({ limit: '256kb' }))

app.get('/api/agents', async (req, res) => {
  const limit = limitOf(req)
  const found = await agents
    .find(TENANT)
    .sort({ created_at: -1, _id: -1 })
    .limit(limit + 1)
    .toArray()
  const statistics = await statisticsOf(found.map(({ _id }) => _id))
  res.json(pageOf(found, limit, 'created_at', (agent) => ({ ...without(agent), statistics: statistics(agent._id) })))
})

app.get('/api/agents/:id', async (req, res) => {
  const agent = await agents.findOne({ _id: { $eq: req.params.id }, ...TENANT })
  if (!agent) return void res.status(404).json({ status: 404 })
  res.json({ ...without(agent), statistics: (await statisticsOf([agent._id]))(agent._id) })
})

app.get('/api/calls', async (req, res) => {
  const limit = limitOf(req)
  const found = await calls
    .find(TENANT, { projection: process.env.WHOLE_CALLS ? undefined : SUMMARY })
    .sort({ started_at: -1, _id: -1 })
    .limit(limit + 1)
    .toArray()
  res.json(pageOf(found, limit, 'started_at', (call) => ({ ...summaryOf(call), live: null })))
})

const summaryOf = (call) => Object.fromEntries(CALL.slice(1).map((field) => [field, call[field]]))

app.post('/api/agents', async (req, res) => {
  if ((await agents.countDocuments(TENANT)) >= 1e6) return void res.status(409).json({ status: 409 })
  const now = new Date()
  const id = `agt_${randomBytes(13).toString('hex')}`
  const agent = { _id: id, id, tenant_id, ...req.body, version: 1, created_at: now, updated_at: now }
  await agents.insertOne(agent)
  const { _id, tenant_id: _tenant, created_at: _made, updated_at: _changed, ...snapshot } = agent
  const by = { changed_by: { id: 'usr_bare', name: 'Bare' }, changed_at: now, note: null }
  await versions.insertOne({ _id: `${id}.1`, tenant_id, agent_id: id, version: 1, snapshot, ...by })
  res.status(201).json({ ...without(agent), statistics: NO_STATISTICS })
})

await client.connect()
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`bare is ready at http://127.0.0.1:${server.address().port}\n`)
})
