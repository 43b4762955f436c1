// Facts and events pass by on their way, and are counted when they got there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { JournalRecord } from '../../../relay/calls/call-facts.ts'
import { watchDisk } from '../../../relay/http/metrics-disk.ts'
import { tapEvents, tapSpool } from '../../../relay/http/metrics-taps.ts'
import { localEventLog } from '../../../relay/local/local-event-log.ts'
import { StoreError } from '../../../relay/store/doc-store.ts'
import { openSpool } from '../../../relay/store/spool.ts'
import type { NewEvent } from '../../../shared/events.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const record = (seq: number): JournalRecord => ({
  key: 'CA1',
  tenant_id: 'tnt_acme0000',
  seq,
  fact: { type: 'call_moved', relay_id: 'x'.repeat(40_000) },
})

describe('facts', () => {
  test('count once they are on disk, in their order', async () => {
    const spool = await openSpool<JournalRecord>({ dir: folder.path, apply: async () => {} })
    const counted: unknown[] = []
    const tapped = tapSpool(spool, {
      metrics: { factLaid: (fact) => void counted.push(fact) },
      disk: { refused: () => counted.push('refused') },
    })
    const both = [tapped.append(record(1)), tapped.append(record(2))]
    expect(counted).toEqual([])
    await Promise.all(both)
    expect(counted).toEqual([record(1), record(2)])
    await spool.close()
  })

  test.each([
    ['NO_SPACE', 1],
    ['UNAVAILABLE', 0],
  ] as const)(
    'one refused with %s does not count, fails as it did, and is told to who watches the disk %i times',
    async (code, times) => {
      const factLaid = vi.fn()
      const refused = vi.fn()
      const failing = { append: () => Promise.reject(new StoreError(code, 'no')) }
      const tapped = tapSpool(failing, { metrics: { factLaid }, disk: { refused } })
      await expect(tapped.append(record(1))).rejects.toMatchObject({ code })
      expect(factLaid).not.toHaveBeenCalled()
      expect(refused).toHaveBeenCalledTimes(times)
    },
  )
})

test('events are told as before, and each counts by its type, kept or passing', async () => {
  const told: string[] = []
  const events = tapEvents(localEventLog({ clock: fakeClock() }), { eventTold: (type) => void told.push(type) })
  const event = (event_type: string) => ({ event_type, tenant_id: 'tnt_acme0000' }) as NewEvent
  const heard: string[] = []
  const stop = events.subscribe('tnt_acme0000', ({ event_type }) => void heard.push(event_type))
  const before = await events.last_seq('tnt_acme0000')
  events.append(event('call.started'))
  events.announce(event('call.updated'))
  stop()
  events.append(event('call.ended'))
  expect(told).toEqual(['call.started', 'call.updated', 'call.ended'])
  expect(heard).toEqual(['call.started', 'call.updated'])
  const kept = await events.since('tnt_acme0000', before)
  expect(kept?.map(({ event_type }) => event_type)).toEqual(['call.started', 'call.ended'])
})

describe('the disk of the spool', () => {
  test('shows its free space and is not full', async () => {
    const facts = await watchDisk({ dir: folder.path, clock: fakeClock() }).look()
    expect(facts.free_bytes).toBeGreaterThan(0)
    expect(facts.is_full).toBe(false)
  })

  test('a refusal counts for 30 s also where space is shown, as under a quota', async () => {
    const clock = fakeClock()
    const disk = watchDisk({ dir: folder.path, clock })
    disk.refused()
    clock.advance(29_999)
    expect((await disk.look()).is_full).toBe(true)
    clock.advance(1)
    expect((await disk.look()).is_full).toBe(false)
  })

  const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0
  describe.skipIf(!canMount)('that is really full', () => {
    let disk: string
    const resize = (size: string) => spawnSync('mount', ['-o', `remount,size=${size}`, disk])
    beforeEach(() => {
      disk = join(folder.path, 'disk')
      mkdirSync(disk)
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk])
    })
    afterEach(() => void spawnSync('umount', ['-l', disk]))

    test('is full before it refuses, stays so while only the ballast made room, and not once there is room', async () => {
      const clock = fakeClock()
      const spool = await openSpool<JournalRecord>({ dir: join(disk, 'spool'), apply: async () => {} })
      const watch = watchDisk({ dir: disk, clock })
      const tapped = tapSpool(spool, { metrics: { factLaid: () => {} }, disk: watch })
      expect((await watch.look()).is_full).toBe(false)
      // Of 12 MiB the ballast has 8.
      writeFileSync(join(disk, 'filler'), Buffer.alloc(3.5 * 1024 * 1024))
      expect((await watch.look()).is_full).toBe(true)
      let seq = 0
      const refusal = async (): Promise<unknown> => {
        for (;;) await tapped.append(record(++seq))
      }
      await expect(refusal()).rejects.toMatchObject({ code: 'NO_SPACE' })
      await tapped.append(record(++seq))
      clock.advance(3_600_000)
      const { free_bytes, is_full } = await watch.look()
      expect(free_bytes).toBeGreaterThan(4 * 1024 * 1024)
      expect(is_full).toBe(true)
      resize('64m')
      expect((await watch.look()).is_full).toBe(false)
      await spool.close()
    })
  })
})
