// What a tenant's versions may fill, on both stores and at two relays.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantActor } from '../../../relay/access/actor.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import { type DocStore, StoreError } from '../../../relay/store/doc-store.ts'
import { openMongoStore } from '../../../relay/store/mongo-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { type TenantRecord, tenantReader, tenants } from '../../../relay/tenants/tenant-records.ts'
import { createVersionQuota } from '../../../relay/tenants/version-quota.ts'
import type { TenantLimits } from '../../../shared/contract/tenants.ts'
import { freshName } from '../../support/fresh-name.ts'
import { describeWithMongo, dropDatabases, type MongoServer, startMongo } from '../../support/mongo-server.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

/** With its quotes and name a quarter of a megabyte. */
const QUARTER = { text: 'x'.repeat(256 * 1024 - 11) }

function rules(store: () => DocStore): void {
  const freshActor = () => ({ scope: tenantScope(`tnt_${freshName()}`, 'relay') }) as TenantActor
  const relay = (version_megabytes = 1) =>
    createVersionQuota({ store: store(), tenantOf: async () => ({ limits: { version_megabytes } }) as TenantRecord })
  const saved = async () => 'saved'
  const FULL = { code: 'VERSION_LIMIT_REACHED', details: { detail: expect.stringContaining('fill the 1 MB') } }

  it('of saves at the same time, at two relays, those are let through for which there is room', async () => {
    const actor = freshActor()
    const relays = [relay(), relay()]
    const saves = Array.from({ length: 12 }, (_, nth) => relays[nth % 2]!.keep(actor, QUARTER, saved))
    const outcomes = await Promise.allSettled(saves)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(FULL)
  })

  it('a save for which there is no room is not begun; another tenant, and a raised limit, have room', async () => {
    const actor = freshActor()
    for (let nth = 0; nth < 4; nth++) await relay().keep(actor, QUARTER, saved)
    let begun = 0
    await expect(relay().keep(actor, { a: 1 }, async () => void begun++)).rejects.toMatchObject(FULL)
    expect(begun).toBe(0)
    expect(await relay().keep(freshActor(), QUARTER, saved)).toBe('saved')
    expect(await relay(2).keep(actor, QUARTER, saved)).toBe('saved')
  })

  it('what stops harm is let through without room, and fills what others may not', async () => {
    const actor = freshActor()
    for (let nth = 0; nth < 5; nth++) expect(await relay().keep(actor, QUARTER, saved, true)).toBe('saved')
    await expect(relay().keep(actor, { a: 1 }, saved)).rejects.toMatchObject(FULL)
    await expect(relay(1.2).keep(actor, { a: 1 }, saved)).rejects.toBeInstanceOf(RelayError)
  })

  it('what was refused or lost to another save fills nothing; what the store failed at may be there, and does', async () => {
    const actor = freshActor()
    const conflict = async () => Promise.reject(new RelayError('VERSION_CONFLICT'))
    for (let nth = 0; nth < 8; nth++) {
      await expect(relay().keep(actor, QUARTER, conflict)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
      expect(await relay().keep(actor, QUARTER, async () => null)).toBeNull()
    }
    const late = async () => Promise.reject(new StoreError('DEADLINE_EXCEEDED', 'Late.'))
    for (let nth = 0; nth < 4; nth++)
      await expect(relay().keep(actor, QUARTER, late)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await expect(relay().keep(actor, QUARTER, saved)).rejects.toMatchObject(FULL)
  })

  it('a tenant whose record names no limit has the one of the installation', async () => {
    const [plain, raised] = [`tnt_${freshName()}`, `tnt_${freshName()}`]
    await tenants(store()).insertOne({ _id: plain, id: plain, limits: { agents: 3 } } as TenantRecord)
    const limits = { agents: 3, version_megabytes: 7 }
    await tenants(store()).insertOne({ _id: raised, id: raised, limits } as TenantRecord)
    const tenantOf = tenantReader(store(), systemClock, { agents: 10, version_megabytes: 5 } as TenantLimits)
    expect((await tenantOf(plain))?.limits).toEqual({ agents: 3, version_megabytes: 5 })
    expect((await tenantOf(raised))?.limits).toEqual(limits)
  })
}

describe('the quota of versions, embedded store', () => rules(storeForTests()))

await describeWithMongo('the quota of versions, MongoDB', {}, () => {
  const database = `t_${freshName()}`
  let server: MongoServer
  let store: DocStore
  beforeAll(async () => {
    server = await startMongo()
    const patience = { pool_size: 10, max_idle_ms: 30_000, deadline_ms: 20_000 }
    store = await openMongoStore({ url: server.url, database, isolation_level: 'schema', ...patience })
  }, 60_000)
  afterAll(async () => {
    await store.close()
    await dropDatabases(server, database)
    await server.stop()
  }, 60_000)
  rules(() => store)
})
