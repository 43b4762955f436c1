// How much of the store a tenant's versions of agents and contexts may fill. Every version is kept for ever, so what all
// of them weigh is counted in one document of the tenant as they are saved; calls and their records do not pass here.
import type { TenantActor } from '../access/actor.ts'
import { RelayError } from '../platform/errors.ts'
import type { CollectionSpec, Doc, DocStore } from '../store/doc-store.ts'
import type { TenantRecord } from './tenant-records.ts'

export interface VersionQuota {
  /**
   * Saves a version where there is room for it. Of saves at the same time, at any relay, only those are let through for
   * which there is room together.
   * @param version weighed as JSON
   * @param save keeps it; null, and a RelayError, say that nothing was kept
   * @param stops_harm goes through whatever room there is, and is counted: a person who stops an agent is not refused
   * @throws RelayError VERSION_LIMIT_REACHED, and what `save` throws
   */
  keep<T>(actor: TenantActor, version: object, save: () => Promise<T>, stops_harm?: boolean): Promise<T>
}

const VERSION_QUOTA = { name: 'version_quota', scope: 'tenant', indexes: [] } as const satisfies CollectionSpec
const KEPT = { _id: 'versions' }
const BYTES_OF_A_MEGABYTE = 1024 * 1024

export function createVersionQuota(deps: {
  store: DocStore
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
}): VersionQuota {
  return {
    async keep(actor, version, save, stops_harm = false) {
      const quota = deps.store.forTenant(actor.scope).collection<Doc & { bytes: number }>(VERSION_QUOTA)
      const megabytes = (await deps.tenantOf(actor.scope.tenant_id))?.limits.version_megabytes ?? 0
      const bytes = Buffer.byteLength(JSON.stringify(version))
      const hasRoom = async (): Promise<boolean> => {
        const room = { ...KEPT, bytes: { $lte: megabytes * BYTES_OF_A_MEGABYTE - bytes } }
        return (await quota.updateOne(stops_harm ? KEPT : room, { $inc: { bytes } })).matched > 0
      }
      if (!(await hasRoom())) {
        await quota.updateOne(KEPT, { $setOnInsert: { bytes: 0 } }, { upsert: true })
        if (!(await hasRoom())) throw limitReached(megabytes)
      }
      const giveBack = () => quota.updateOne(KEPT, { $inc: { bytes: -bytes } })
      try {
        const saved = await save()
        if (saved === null) await giveBack()
        return saved
      } catch (error) {
        // What the store failed at may be there all the same: it stays counted.
        if (error instanceof RelayError) await giveBack()
        throw error
      }
    },
  }
}

const limitReached = (megabytes: number): RelayError =>
  new RelayError('VERSION_LIMIT_REACHED', {
    detail: `The versions of agents and contexts fill the ${megabytes} MB that this tenant may keep. Nothing was changed. Whoever runs Phony here can raise the limit version_megabytes.`,
  })
