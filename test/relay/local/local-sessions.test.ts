// What only the sessions of one process promise: what lies on the disk.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { localSessions } from '../../../relay/local/local-sessions.ts'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a refresh token that can be read is never on the disk', async () => {
  const folder = temporaryFolder()
  const store = await openEmbeddedStore({ data_dir: folder.path, isolation_level: 'database' })
  const sessions = localSessions({ store, clock: fakeClock() })
  const previous = { token_hash: 'hash-of-first', replaced_at_ms: 1, successor: 'readable-successor' }
  const session = {
    session_id: 'ses_1',
    user_id: 'usr_1',
    tenant_id: null,
    token_hash: 'hash-of-second',
    previous,
    created_at_ms: 1,
  }
  await sessions.create(session, 60)
  await sessions.replace({ ...session, token_hash: 'hash-of-third' }, 'hash-of-second', 60)
  expect(await sessions.get('ses_1')).toMatchObject({ previous: { successor: 'readable-successor' } })
  await store.close()
  const bytes = readdirSync(folder.path)
    .map((name) => readFileSync(join(folder.path, name), 'latin1'))
    .join()
  expect(bytes).toContain('hash-of-third')
  expect(bytes).not.toContain('readable-successor')
  folder.remove()
}, 60_000)
