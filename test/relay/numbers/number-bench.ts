// A tenant with agents and numbers in a real store, a carrier that does as told, and what the consoles were told.
import type { TenantActor } from '../../../relay/access/actor.ts'
import { type AgentRecord, agents } from '../../../relay/agents/agent-records.ts'
import { createAgentService } from '../../../relay/agents/agent-service.ts'
import { readStatistics } from '../../../relay/analytics/agent-statistics.ts'
import type { CarrierNumber, NumberProvider } from '../../../relay/numbers/number-ports.ts'
import { numberRoutesOf, phoneNumbers } from '../../../relay/numbers/number-records.ts'
import { createNumberService } from '../../../relay/numbers/number-service.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import { type LogFields, silentLogger } from '../../../relay/platform/logger.ts'
import type { EventLog } from '../../../relay/platform/ports.ts'
import type { DocStore } from '../../../relay/store/doc-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import type { TenantRecord } from '../../../relay/tenants/tenant-records.ts'
import { createVersionQuota } from '../../../relay/tenants/version-quota.ts'
import type { NewEvent } from '../../../shared/events.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { sharedTableStore } from '../../support/in-process-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export const TENANT = 'tnt_acme0000'
export const ELSEWHERE = { voice: 'https://old.example/voice', status: null, fallback: null }
export const HERE = { voice: 'https://here.example/receive_call', status: null, fallback: null }
export const ADA = 'agt_ada0'
export const BOB = 'agt_bob0'

/** `+13125550100`, `+13125550101`, … */
export const numberAt = (index: number): string => `+1312555${String(100 + index).padStart(4, '0')}`

export interface ScriptedCarrier extends NumberProvider {
  numbers: Map<string, CarrierNumber>
  asked: string[]
  most_at_once(): number
  /** These refuse. */
  refuse: { pointing: Set<string>; putting_back: Set<string> }
  /** Runs before a number is pointed here. */
  beforePointing: (phone_number: string) => Promise<void>
}

export function scriptedCarrier(phone_numbers: readonly string[]): ScriptedCarrier {
  let running = 0
  let most = 0
  const numbers = new Map(
    phone_numbers.map((phone_number) => [
      phone_number,
      {
        twilio_sid: `PN${phone_number}`,
        phone_number,
        friendly_name: 'Line',
        capabilities: [],
        webhook_urls: ELSEWHERE,
      },
    ]),
  )
  const carrier: ScriptedCarrier = {
    numbers,
    asked: [],
    most_at_once: () => most,
    refuse: { pointing: new Set(), putting_back: new Set() },
    beforePointing: async () => {},
    list: async () => [...numbers.values()],
    pointHere: (sid) =>
      inTurn(async () => {
        const number = theNumber(sid)
        await carrier.beforePointing(number.phone_number)
        refuseIf(carrier.refuse.pointing, number.phone_number)
        number.webhook_urls = HERE
        return HERE
      }),
    remember: (sid) =>
      inTurn(async () => {
        const before = theNumber(sid).webhook_urls
        return async () => {
          const number = theNumber(sid)
          refuseIf(carrier.refuse.putting_back, number.phone_number)
          number.webhook_urls = before
        }
      }),
  }
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    return work().finally(() => running--)
  }
  function theNumber(sid: string): CarrierNumber {
    carrier.asked.push(sid.slice(2))
    const number = numbers.get(sid.slice(2))
    if (!number) throw new RelayError('CARRIER_FAILED', { detail: 'Twilio answered 404. Nothing was changed.' })
    return number
  }
  function refuseIf(refused: Set<string>, phone_number: string): void {
    if (refused.has(phone_number))
      throw new RelayError('CARRIER_FAILED', { detail: 'Twilio answered 503. Nothing was changed.' })
  }
  return carrier
}

export async function numberBench(options: { numbers: number; through?: (store: DocStore) => DocStore }) {
  const folder = temporaryFolder()
  const { store: plain } = await sharedTableStore(folder.path)
  const store = options.through?.(plain) ?? plain
  const clock = fakeClock()
  const told: NewEvent[] = []
  const events = { append: (event: NewEvent) => void told.push(event) } as unknown as EventLog
  const logged: { message: string; fields: LogFields | undefined }[] = []
  const log = { ...silentLogger, warn: (message: string, fields?: LogFields) => logged.push({ message, fields }) }
  const phone_numbers = Array.from({ length: options.numbers }, (_, index) => numberAt(index))
  const carrier = scriptedCarrier(phone_numbers)
  const scope = tenantScope(TENANT, 'relay')
  const actor = {
    user: { id: 'usr_priya', name: 'Priya', email: 'priya@acme.example' },
    scope,
    permissions: ['numbers.sync', 'numbers.assign'],
  } as unknown as TenantActor
  const tenant = plain.forTenant(scope)

  for (const id of [ADA, BOB]) await agents(tenant).insertOne(agentNamed(id, clock.now()))
  for (const phone_number of phone_numbers) {
    await numberRoutesOf(plain).insertOne({ _id: phone_number, tenant_id: TENANT, agent_id: null })
    await phoneNumbers(tenant).insertOne({
      ...(carrier.numbers.get(phone_number) as CarrierNumber),
      _id: phone_number,
      tenant_id: TENANT,
      status: 'available',
      assigned_agent: null,
    })
  }
  const numbers = createNumberService({ store, events, provider: carrier, log })
  const tenantOf = async () => ({ limits: { agents: 10, version_megabytes: 1 } }) as TenantRecord
  return {
    store: plain,
    tenant,
    actor,
    carrier,
    /** Every number as it was bought, also those that leave the account. */
    bought: new Map(carrier.numbers),
    told,
    logged,
    numbers,
    agents: createAgentService({
      store,
      events,
      clock,
      numbers,
      tenantOf,
      quota: createVersionQuota({ store, tenantOf }),
      statistics: (_actor, agent_ids) => readStatistics(tenant, agent_ids),
    }),
    assign: (pairs: Record<string, string>) =>
      numbers.assignNumbers(actor, {
        body: { assignments: Object.entries(pairs).map(([phone_number, agent_id]) => ({ phone_number, agent_id })) },
      }),
    release: (wanted: string[]) => numbers.releaseNumbers(actor, { body: { phone_numbers: wanted } }),
    sync: (dry_run = false, by = actor) => numbers.syncNumbers(by, { body: { dry_run } }),
    /** Where every number leads, as each of the three places says it. */
    async standing() {
      const records = await phoneNumbers(tenant).find({}, { sort: { _id: 1 } })
      const routes = await numberRoutesOf(plain).find({}, { sort: { _id: 1 } })
      const lists = await agents(tenant).find({}, { sort: { _id: 1 } })
      return {
        records: Object.fromEntries(records.map((record) => [record._id, record.assigned_agent])),
        routes: Object.fromEntries(routes.map((route) => [route._id, route.agent_id])),
        lists: Object.fromEntries(lists.map((agent) => [agent._id, [...agent.phone_numbers].sort()])),
      }
    },
    number: async (phone_number: string) => (await phoneNumbers(tenant).findOne({ _id: phone_number }))!,
    agent: async (agent_id: string) => (await agents(tenant).findOne({ _id: agent_id }))!,
    async close() {
      await plain.close()
      folder.remove()
    },
  }
}
export type NumberBench = Awaited<ReturnType<typeof numberBench>>

function agentNamed(id: string, now: Date): AgentRecord {
  return {
    _id: id,
    id,
    tenant_id: TENANT,
    name: id,
    type: 'inbound',
    phone_numbers: [],
    system_prompt: 'You answer the phone.',
    voice: 'alloy',
    greeting_message: null,
    context_data: {},
    is_active: true,
    max_call_duration: 1800,
    version: 1,
    created_at: now,
    updated_at: now,
  }
}
