// The embedded engine without its thread, for tests that want many operations or a look inside.
import { mkdirSync } from 'node:fs'
import type { DocStore } from '../../relay/store/doc-store.ts'
import { EmbeddedEngine } from '../../relay/store/embedded-engine.ts'
import type { EmbeddedLink } from '../../relay/store/embedded-link.ts'
import type { Operation, Reply, TablePlace } from '../../relay/store/embedded-protocol.ts'
import { rawEmbeddedStore } from '../../relay/store/embedded-store.ts'
import { sqliteBinding } from '../../relay/store/sqlite-binding.ts'
import { storeErrorOf } from '../../relay/store/store-failures.ts'
import { type RawStore, scopedStore } from '../../relay/store/tenant-store.ts'

/** All tenants in one table: nothing but the wrapper keeps them apart. */
export async function sharedTableStore(folder: string): Promise<{ store: DocStore; raw: RawStore }> {
  const link = await inProcessLink(folder)
  const raw = rawEmbeddedStore(link, ({ name, indexes }) => ({ file: 'shared.sqlite', table: name, indexes }))
  return { store: scopedStore(raw), raw }
}

export async function inProcessLink(folder: string): Promise<EmbeddedLink & { engine: EmbeddedEngine }> {
  mkdirSync(folder, { recursive: true })
  const engine = new EmbeddedEngine(folder, await sqliteBinding())
  return {
    engine,
    call: async (at: TablePlace, operation: Operation) => {
      const [reply] = engine.run([{ id: 0, place: 0, expires_at_ms: Number.POSITIVE_INFINITY, operation, at }])
      return answerOf(reply!)
    },
    close: async () => engine.close(),
  }
}

export function answerOf(reply: Reply): unknown {
  if ('failure' in reply) throw storeErrorOf(reply.failure)
  return reply.value
}
