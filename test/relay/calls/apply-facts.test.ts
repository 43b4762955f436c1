// Facts of one call in the store: exactly once, in order, however they come together and however often.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallFact, CallRecord, JournalRecord } from '../../../relay/calls/call-facts.ts'
import { applyFacts, callSessions } from '../../../relay/calls/call-records.ts'
import type { CollectionSpec, DocStore, TenantStore } from '../../../relay/store/doc-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const scope = tenantScope('tnt_facts0000', 'relay')
const store = storeForTests()

let count = 0
const factsOf = (turns: number): JournalRecord[] => {
  const key = `CA${String(++count).padStart(32, '0')}`
  const record = {
    _id: key,
    id: `call_${count}`,
    tenant_id: scope.tenant_id,
    call_sid: key,
    transcript: [],
    facts_seq: 0,
  }
  const facts: CallFact[] = [
    { type: 'call_opened', record: record as unknown as CallRecord },
    { type: 'call_answered', answered_at: new Date(0) },
    ...Array.from({ length: turns }, (_, n) => [
      { type: 'turn_final', turn: { turn_id: `t${n}`, turn_index: n + 1, is_final: true } } as never as CallFact,
      { type: 'usage_counted', usage: {}, cost: n + 1, cost_breakdown: {} } as never as CallFact,
    ]).flat(),
  ]
  return facts.map((fact, index) => ({ key, tenant_id: scope.tenant_id, seq: index + 1, fact }))
}
const callOf = (key: string) => callSessions(store().forTenant(scope)).findOne({ _id: key })

describe('facts of a call', () => {
  it('in any groups, with any group repeated from any earlier place, lead to the same call', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 25 }),
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), back: fc.integer({ min: 0, max: 12 }) }), {
          maxLength: 12,
        }),
        async (turns, groups) => {
          const records = factsOf(turns)
          let at = 0
          for (const { size, back } of groups) {
            const from = Math.max(0, at - back)
            const to = Math.min(records.length, at + size)
            await applyFacts(store(), scope, records.slice(from, to), async () => {})
            at = Math.max(at, to)
          }
          await applyFacts(store(), scope, records.slice(at), async () => {})
          await applyFacts(store(), scope, records, async () => {})
          const call = await callOf(records[0]!.key)
          expect(call?.transcript.map(({ turn_id }) => turn_id)).toEqual(
            Array.from({ length: turns }, (_, n) => `t${n}`),
          )
          expect(call).toMatchObject({ cost: turns, facts_seq: records.length })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('of two relays that bring the same facts at the same time, neither takes one from the other', async () => {
    const records = factsOf(3)
    const { key } = records[0]!
    const others = [...records]
    // Whenever one of them looks at the call, the other brings its next fact.
    const looking = { ...store(), forTenant: (of: typeof scope) => tenantWhose(of) } as DocStore
    const tenantWhose = (of: typeof scope): TenantStore => {
      const tenant = store().forTenant(of)
      const collection = (spec: CollectionSpec & { scope: 'tenant' }) => {
        const own = tenant.collection(spec)
        const findOne: typeof own.findOne = async (...asked) => {
          const found = await own.findOne(...asked)
          await applyFacts(store(), scope, others.splice(0, 1), async () => {})
          return found
        }
        return Object.assign(Object.create(own) as typeof own, {
          findOne,
          updateOne: own.updateOne.bind(own),
          insertOne: own.insertOne.bind(own),
        })
      }
      return Object.assign(Object.create(tenant) as TenantStore, { collection })
    }
    await applyFacts(store(), scope, others.splice(0, 2), async () => {})
    await applyFacts(looking, scope, records.slice(1), async () => {})
    const call = await callOf(key)
    expect(call?.transcript.map(({ turn_id }) => turn_id)).toEqual(['t0', 't1', 't2'])
    expect(call).toMatchObject({ cost: 3, facts_seq: records.length })
  })

  it('a refused context is taken back from the call unless a newer one has been stored', async () => {
    const sessions = callSessions(store().forTenant(scope))
    for (const [stored_version, expected] of [
      [2, { kept: true }],
      [3, { newest: true }],
    ] as const) {
      const records = factsOf(0)
      await applyFacts(store(), scope, records, async () => {})
      const { key } = records[0]!
      await sessions.updateOne({ _id: key }, { $set: { context: { newest: true }, context_version: stored_version } })
      const refused: CallFact = { type: 'context_refused', version: 2, reason: 'no', context: { kept: true } }
      await applyFacts(store(), scope, [{ key, tenant_id: scope.tenant_id, seq: 3, fact: refused }], async () => {})
      expect((await sessions.findOne({ _id: key }))?.context).toEqual(expected)
    }
  })
})
