// The embedded store, for the tests of one file: opened before them in a folder of its own, gone after them.
import { afterAll, beforeAll } from 'vitest'
import type { DocStore } from '../../relay/store/doc-store.ts'
import { openEmbeddedStore } from '../../relay/store/embedded-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Called once in a test file. @returns the store, from within a test */
export function storeForTests(): () => DocStore {
  const folder = temporaryFolder()
  let store: DocStore
  beforeAll(async () => {
    store = await openEmbeddedStore({ data_dir: folder.path, isolation_level: 'database', deadline_ms: 20_000 })
  })
  afterAll(async () => {
    await store.close()
    folder.remove()
  })
  return () => store
}
