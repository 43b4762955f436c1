// The embedded store, at two of its levels, against the suite of the port.
import { openEmbeddedStore } from '../../relay/store/embedded-store.ts'
import { freshName } from '../support/fresh-name.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { docStoreSuite } from './doc-store-suite.ts'

const LEVELS = [
  ['database', 80],
  ['schema', 60],
] as const
for (const [isolation_level, sequences] of LEVELS) {
  docStoreSuite(`embedded, level ${isolation_level}`, {
    open: async () => {
      const folder = temporaryFolder()
      // A loaded test machine is not what the deadline is for.
      const store = await openEmbeddedStore({ data_dir: folder.path, isolation_level, deadline_ms: 20_000 })
      return {
        store,
        close: async () => {
          await store.close()
          folder.remove()
        },
      }
    },
    fresh: freshName,
    sequences,
  })
}
