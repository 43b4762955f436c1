// The spool: acknowledged means kept, whatever happens next.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { StoreError } from '../../../relay/store/doc-store.ts'
import { openSpool, type Spool } from '../../../relay/store/spool.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'
import { killedChild } from './killed-child.ts'

interface Fact {
  key: string
  n: number
  at?: Date
  [field: string]: unknown
}

// Threads and processes start from source here, which a loaded machine does slowly.
vi.setConfig({ testTimeout: 60_000 })

let folder: ReturnType<typeof temporaryFolder>
let opened: Spool<Fact>[]
beforeEach(() => {
  folder = temporaryFolder()
  opened = []
})
afterEach(async () => {
  for (const spool of opened) await spool.close()
  folder.remove()
})

async function open(
  apply: (record: Fact) => Promise<void>,
  extra: Partial<Parameters<typeof openSpool<Fact>>[0]> = {},
) {
  const oneByOne = async (records: Fact[]): Promise<void> => {
    for (const record of records) await apply(record)
  }
  const spool = await openSpool<Fact>({ dir: folder.path, apply: oneByOne, ...extra })
  opened.push(spool)
  return spool
}
const segments = () => readdirSync(folder.path).filter((name) => name.endsWith('.spool'))
const away = async () => {
  throw new StoreError('UNAVAILABLE', 'away')
}

describe('writing', () => {
  test('what is appended shortly after a write shares the next one', async () => {
    const spool = await open(async () => {})
    await spool.append({ key: 'a', n: 0 })
    let writes = 0
    let isTold = true
    const told = () => {
      // Those of one write are told together.
      if (isTold) writes++
      isTold = false
      setImmediate(() => {
        isTold = true
      })
    }
    const appended: Promise<void>[] = []
    for (let n = 1; n <= 40; n++) {
      appended.push(spool.append({ key: 'a', n }).then(told))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await Promise.all(appended)
    expect(writes).toBeGreaterThan(0)
    expect(writes).toBeLessThan(15)
  })
})

describe('applying', () => {
  test('every record is applied once, and dates are dates again', async () => {
    const seen: Fact[] = []
    const spool = await open(async (record) => void seen.push(record))
    const at = new Date('2030-01-02T03:04:05.678Z')
    await spool.append({
      key: 'a',
      n: 1,
      at,
      context: { '~date': 5, '~~x': 1, $date: 'text', 'a.b': null },
      gone: undefined,
    })
    await spool.flushed()
    expect(seen).toEqual([{ key: 'a', n: 1, at, context: { '~date': 5, '~~x': 1, $date: 'text', 'a.b': null } }])
    expect(spool.pending()).toEqual({ records: 0, oldest_ms: null })
  })

  test('records of one key keep their order, also when some are slow', async () => {
    const seen = new Map<string, number[]>()
    const spool = await open(async ({ key, n }) => {
      if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      seen.set(key, [...(seen.get(key) ?? []), n])
    })
    await Promise.all(Array.from({ length: 600 }, (_, n) => spool.append({ key: `k${n % 20}`, n })))
    await spool.flushed()
    for (const numbers of seen.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect([...seen.values()].flat()).toHaveLength(600)
  })

  test('what waits of one key goes together, two hundred at most, and never with another key', async () => {
    const runs: Fact[][] = []
    let open_gate = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open_gate = resolve
    })
    const spool = await open(async () => {}, {
      apply: async (records) => {
        runs.push(records)
        await gate
      },
    })
    await Promise.all(Array.from({ length: 900 }, (_, n) => spool.append({ key: `k${n % 2}`, n })))
    open_gate()
    await spool.flushed()
    expect(Math.max(...runs.map((run) => run.length))).toBe(200)
    for (const run of runs) expect(new Set(run.map(({ key }) => key)).size).toBe(1)
    expect(runs.flat()).toHaveLength(900)
  })

  test('what is appended one after the other is applied together, ten times a second at most', async () => {
    let rounds = 0
    let isNew = true
    const spool = await open(async () => {
      if (isNew) rounds++
      isNew = false
      setImmediate(() => {
        isNew = true
      })
    })
    const began_ms = performance.now()
    for (let n = 0; n < 15; n++) await spool.append({ key: `k${n}`, n })
    const took_ms = performance.now() - began_ms
    expect(rounds).toBeLessThanOrEqual(2 + took_ms / 100)
    await spool.flushed()
    expect(spool.pending().records).toBe(0)
  })

  test('one who waits for a key waits for all of it, and for no other', async () => {
    const applied: number[] = []
    let let_go = (): void => {}
    const gate = new Promise<void>((resolve) => {
      let_go = resolve
    })
    const spool = await open(async ({ key, n }) => {
      if (key === 'stuck') await gate
      applied.push(n)
    })
    await Promise.all([1, 2].map((n) => spool.append({ key: 'stuck', n })))
    await Promise.all([3, 4].map((n) => spool.append({ key: 'other', n })))
    await spool.flushed({ key: 'other' })
    expect(applied).toEqual([3, 4])
    await spool.flushed({ key: 'one that is not there' })
    let isFlushed = false
    const stuck = spool.flushed({ key: 'stuck' }).then(() => {
      isFlushed = true
    })
    await spool.flushed({ key: 'stuck', within_ms: 200 })
    expect(isFlushed).toBe(false)
    let_go()
    await stuck
    expect(applied).toEqual([3, 4, 1, 2])
  })

  test('those who wait for what cannot be applied do not hurry the others, and are let go at the end', async () => {
    let rounds = 0
    const spool = await open(async () => {}, {
      async apply([first]) {
        if (first?.key === 'stuck') throw new StoreError('UNAVAILABLE', 'away')
        rounds++
      },
    })
    await spool.append({ key: 'stuck', n: 0 })
    const waiting = [spool.flushed({ key: 'stuck' }), spool.flushed({ key: 'stuck', within_ms: 10 })]
    const began_ms = performance.now()
    for (let n = 1; n <= 15; n++) await spool.append({ key: 'one', n })
    expect(rounds).toBeLessThanOrEqual(2 + (performance.now() - began_ms) / 100)
    await waiting[1]
    await spool.close()
    await waiting[0]
    await spool.flushed()
  })

  test('at most 16 keys are applied at once, and one key never twice at once', async () => {
    const running = new Map<string, number>()
    let most = 0
    const spool = await open(async ({ key }) => {
      running.set(key, (running.get(key) ?? 0) + 1)
      expect(running.get(key)).toBe(1)
      most = Math.max(most, running.size)
      await new Promise((resolve) => setImmediate(resolve))
      running.delete(key)
    })
    await Promise.all(Array.from({ length: 300 }, (_, n) => spool.append({ key: `k${n % 40}`, n })))
    await spool.flushed()
    expect(most).toBe(16)
  })

  test.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'NO_SPACE'] as const)(
    'a store that says %s is asked again, after 100 ms and then longer, and nothing overtakes',
    async (code) => {
      const clock = fakeClock()
      const tries: number[] = []
      const seen: number[] = []
      let isDown = true
      const spool = await open(
        async ({ n }) => {
          tries.push(clock.monotonic_ms())
          if (isDown) throw new StoreError(code, 'away')
          seen.push(n)
        },
        { clock },
      )
      await spool.append({ key: 'a', n: 1 })
      await spool.append({ key: 'a', n: 2 })
      for (const pause of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
        await until(() => clock.pending() === 1)
        const before = tries.length
        clock.advance(pause - 1)
        expect(tries).toHaveLength(before)
        if (pause === 5000) isDown = false
        clock.advance(1)
        await until(() => tries.length > before)
        if (!isDown) break
      }
      await spool.flushed()
      expect(seen).toEqual([1, 2])
    },
  )

  test('a key that waits for the store does not hold up another', async () => {
    const clock = fakeClock()
    const seen: string[] = []
    const spool = await open(
      async ({ key }) => {
        if (key === 'stuck') throw new StoreError('UNAVAILABLE', 'away')
        seen.push(key)
      },
      { clock },
    )
    await spool.append({ key: 'stuck', n: 1 })
    await spool.append({ key: 'free', n: 1 })
    await until(() => seen.length === 1 && spool.pending().records === 1)
    clock.advance(40)
    expect(spool.pending()).toEqual({ records: 1, oldest_ms: 40 })
  })

  test('a record that can never be applied is set aside and passed by', async () => {
    const seen: number[] = []
    const errors: string[] = []
    const log = { ...silentLogger, error: (message: string) => void errors.push(message) }
    const spool = await open(
      async ({ n }) => {
        if (n === 1) throw new Error('bad\nrecord')
        seen.push(n)
      },
      { log },
    )
    for (const n of [0, 1, 2]) await spool.append({ key: 'a', n })
    await spool.flushed()
    expect(seen).toEqual([0, 2])
    expect(errors).toHaveLength(1)
    const [reason, line] = readFileSync(join(folder.path, 'rejected'), 'utf8').split('\n')
    expect(reason).toBe('# Error: bad record')
    expect(line).toContain('{"key":"a","n":1}')
  })
})

describe('starting again', () => {
  test('what was not applied is applied at the next start, in order', async () => {
    const first = await open(away)
    for (const n of [1, 2, 3]) await first.append({ key: 'a', n })
    await first.close()
    const seen: number[] = []
    const second = await open(async ({ n }) => void seen.push(n))
    await second.flushed()
    expect(seen).toEqual([1, 2, 3])
  })

  test('what was applied is not applied again after a clean close', async () => {
    const first = await open(async () => {})
    await first.append({ key: 'a', n: 1 })
    await first.flushed()
    await first.close()
    const seen: number[] = []
    const second = await open(async ({ n }) => void seen.push(n))
    await second.append({ key: 'a', n: 2 })
    await second.flushed()
    expect(seen).toEqual([2])
  })

  test('a torn last line is skipped and told, the lines before it are applied', async () => {
    const first = await open(away)
    for (const n of [1, 2, 3]) await first.append({ key: `k${n}`, n })
    await first.close()
    const [name] = segments()
    truncateSync(join(folder.path, name!), statSync(join(folder.path, name!)).size - 5)
    const warnings: string[] = []
    const seen: number[] = []
    const log = { ...silentLogger, warn: (text: string) => void warnings.push(text) }
    const second = await open(async ({ n }) => void seen.push(n), { log })
    await second.append({ key: 'a', n: 9 })
    await second.flushed()
    expect(seen.sort()).toEqual([1, 2, 9])
    expect(warnings.join()).toContain('cut short')
  })

  test('a damaged line in the middle is set aside, the others are applied', async () => {
    const first = await open(away)
    for (const n of [1, 2, 3]) await first.append({ key: `k${n}`, n })
    await first.close()
    const path = join(folder.path, segments()[0]!)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"n":2', '"n":7'))
    const seen: number[] = []
    const second = await open(async ({ n }) => void seen.push(n))
    await second.flushed()
    expect(seen.sort()).toEqual([1, 3])
    expect(readFileSync(join(folder.path, 'rejected'), 'utf8')).toContain('"n":7')
  })

  test('zeros behind the last line, as a power cut leaves them, do no harm', async () => {
    const first = await open(away)
    await first.append({ key: 'a', n: 1 })
    await first.close()
    appendFileSync(join(folder.path, segments()[0]!), Buffer.alloc(100))
    const seen: number[] = []
    const second = await open(async ({ n }) => void seen.push(n))
    await second.flushed()
    expect(seen).toEqual([1])
  })

  test('segments that are applied are removed', async () => {
    const spool = await open(async () => {})
    const filler = 'x'.repeat(100_000)
    for (let round = 0; round < 4; round++) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => spool.append({ key: `k${n}`, n, filler })))
    }
    await spool.flushed()
    await spool.close()
    expect(segments().length).toBeLessThan(3)
    const again = await open(async () => expect.unreachable())
    expect(segments()).toEqual([])
    await again.flushed()
  })

  test('files are for the relay’s user alone', async () => {
    const spool = await open(async () => {})
    await spool.append({ key: 'a', n: 1 })
    for (const name of readdirSync(folder.path)) expect(statSync(join(folder.path, name)).mode & 0o777).toBe(0o600)
  })

  test('a closed spool takes nothing', async () => {
    const spool = await open(async () => {})
    await spool.close()
    await expect(spool.append({ key: 'a', n: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

describe('the event loop', () => {
  test('turns on while appends wait for the disk', async () => {
    const spool = await open(async () => {})
    let turns = 0
    let isWaiting = true
    const turn = () => {
      turns++
      if (isWaiting) setImmediate(turn)
    }
    setImmediate(turn)
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 200 }, (_, n) => spool.append({ key: `k${n}`, n, text: 'x'.repeat(500) })))
    }
    isWaiting = false
    expect(turns).toBeGreaterThan(20)
  })
})

const WRITER = fileURLToPath(new URL('./spool-writer.ts', import.meta.url))

describe('kill -9', () => {
  test('at random moments loses no acknowledged record', async () => {
    const kept = new Set<number>()
    for (let round = 0; round < 6; round++) {
      const numbers = await killedChild(WRITER, [folder.path, String(round)], 5 + Math.random() * 120)
      for (const n of numbers) kept.add(Number(n))
    }
    const applied = new Set<number>()
    if (existsSync(join(folder.path, 'store'))) {
      for (const line of readFileSync(join(folder.path, 'store'), 'utf8').split('\n')) applied.add(Number(line))
    }
    const order = new Map<string, number>()
    const spool = await open(async ({ key, n }) => {
      expect(order.get(key) ?? -1).toBeLessThan(n)
      order.set(key, n)
      applied.add(n)
    })
    await spool.flushed()
    expect(kept.size).toBeGreaterThan(100)
    expect([...kept].filter((n) => !applied.has(n))).toEqual([])
  })
})

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

describe.skipIf(!canMount)('a full disk', () => {
  let disk: string
  beforeEach(() => {
    disk = join(folder.path, 'disk')
    mkdirSync(disk)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk])
  })
  afterEach(async () => {
    for (const spool of opened) await spool.close()
    spawnSync('umount', ['-l', disk])
  })

  test('appends are refused with NO_SPACE, the ballast lets later ones through, nothing acknowledged is lost', async () => {
    const dir = join(disk, 'spool')
    const kept: number[] = []
    const spool = await open(away, { dir })
    const filler = 'x'.repeat(50_000)
    let refusals = 0
    for (let n = 0; n < 400 && refusals < 2; n++) {
      await spool.append({ key: `k${n}`, n, filler }).then(
        () => kept.push(n),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'NO_SPACE' })
          refusals++
          if (refusals === 1) expect(existsSync(join(dir, 'ballast'))).toBe(false)
        },
      )
    }
    // About 4 MB before the first refusal, and what the ballast held before the second.
    expect(kept.length * filler.length).toBeGreaterThan(9_000_000)
    spawnSync('mount', ['-o', 'remount,size=60m', disk])
    await spool.append({ key: 'last', n: 1_000 })
    kept.push(1_000)
    await spool.close()
    const seen: number[] = []
    const again = await open(async ({ n }) => void seen.push(n), { dir })
    await again.flushed()
    expect(seen.sort((a, b) => a - b)).toEqual(kept)
  })
})
