// Reading the carrier's list: what it would change, and the changes. Another tenant's numbers are passed by unseen; one
// that has left the account is taken off its agent. A number nobody here has is the tenant's whose id stands in its name
// at the carrier. Without one it is the only tenant's; of several, the first to look would have them all, so it is left
// until a platform admin takes it.
import type { TenantActor } from '../access/actor.ts'
import { type DocStore, StoreError } from '../store/doc-store.ts'
import { tenants } from '../tenants/tenant-records.ts'
import type { NumberLeads } from './number-leads.ts'
import type { CarrierNumber } from './number-ports.ts'
import { type NumberRecord, numberRoutesOf, phoneNumbers } from './number-records.ts'

export interface SyncPlan {
  added: string[]
  updated: string[]
  released: string[]
  /** In the account, and not this tenant's to take: no tenant has them yet. */
  not_taken: string[]
  /** Each one makes a change. @returns the agent that lost a number by it */
  changes: (() => Promise<string | null>)[]
}

export async function planSync(
  store: DocStore,
  leads: NumberLeads,
  actor: TenantActor,
  theirs: readonly CarrierNumber[],
): Promise<SyncPlan> {
  const numbers = phoneNumbers(store.forTenant(actor.scope))
  const ours = new Map((await numbers.find({})).map((record) => [record._id, record]))
  const tenant_ids = (await tenants(store).find({}, { fields: ['id'] })).map(({ id }) => id)
  const takesUnnamed = tenant_ids.length < 2 || actor.permissions.includes('platform.admin')
  const plan: SyncPlan = { added: [], updated: [], released: [], not_taken: [], changes: [] }
  for (const carrier of theirs) {
    const { phone_number } = carrier
    const known = ours.get(phone_number)
    if (known && !isChanged(known, carrier)) continue
    if (!known) {
      const route = await numberRoutesOf(store).findOne({ _id: phone_number })
      const owner = route?.tenant_id ?? namedTenant(carrier, tenant_ids)
      if (owner !== null && owner !== actor.scope.tenant_id) continue
      if (owner === null && !takesUnnamed) {
        plan.not_taken.push(phone_number)
        continue
      }
    }
    plan[known ? 'updated' : 'added'].push(phone_number)
    plan.changes.push(() => (known ? update(store, leads, actor, carrier) : claim(store, actor, carrier)))
  }
  const listed = new Set(theirs.map(({ phone_number }) => phone_number))
  for (const { _id, status, assigned_agent } of ours.values()) {
    if (listed.has(_id) || (status === 'released' && assigned_agent === null)) continue
    plan.released.push(_id)
    plan.changes.push(async () => {
      await numbers.updateOne({ _id }, { $set: { status: 'released' } })
      return leads.clear(actor, _id)
    })
  }
  return plan
}

const isChanged = (known: NumberRecord, carrier: CarrierNumber): boolean =>
  known.status === 'released' ||
  known.twilio_sid !== carrier.twilio_sid ||
  known.friendly_name !== carrier.friendly_name ||
  JSON.stringify(known.webhook_urls) !== JSON.stringify(carrier.webhook_urls)

/** The name is written by whoever owns the carrier's account, so no tenant can write it. */
function namedTenant({ friendly_name }: CarrierNumber, tenant_ids: readonly string[]): string | null {
  return friendly_name.split(/\W+/).find((word) => tenant_ids.includes(word)) ?? null
}

/** Also of a number that is back: it leads nowhere until somebody gives it to an agent. */
async function update(
  store: DocStore,
  leads: NumberLeads,
  actor: TenantActor,
  { phone_number, ...fields }: CarrierNumber,
): Promise<null> {
  const numbers = phoneNumbers(store.forTenant(actor.scope))
  await numbers.updateOne({ _id: phone_number, status: 'released' }, { $set: { status: 'available' } })
  await numbers.updateOne({ _id: phone_number }, { $set: fields })
  await leads.settle(actor, phone_number, [])
  return null
}

/** The installation-wide route decides whose the number is: whoever writes it first. */
async function claim(store: DocStore, actor: TenantActor, carrier: CarrierNumber): Promise<null> {
  const { tenant_id } = actor.scope
  const { phone_number } = carrier
  await unlessThere(numberRoutesOf(store).insertOne({ _id: phone_number, tenant_id, agent_id: null }))
  const route = await numberRoutesOf(store).findOne({ _id: phone_number })
  if (route?.tenant_id !== tenant_id) return null
  await unlessThere(
    phoneNumbers(store.forTenant(actor.scope)).insertOne({
      ...carrier,
      _id: phone_number,
      tenant_id,
      status: 'available',
      assigned_agent: null,
    }),
  )
  return null
}

async function unlessThere(insert: Promise<void>): Promise<void> {
  try {
    await insert
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'DUPLICATE_KEY') throw error
  }
}
