// Calls in processes of their own: what happens to calls, words and consoles when one of the processes ends.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Company, expectNothingLost, keptOf, publishedOf, startCompany } from '../support/company.ts'
import { type Client, until } from '../support/running-relay.ts'

let company: Company
let admin: Client
beforeAll(async () => {
  company = await startCompany({ RELAY_WORKERS: '2' })
  admin = await company.admin()
}, 60_000)
afterAll(() => company?.close())

/** The call workers of the relay, as the system lists its children. */
async function workers(): Promise<number[]> {
  const { readdirSync, readFileSync } = await import('node:fs')
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
        return parent === company.relays[0]!.child.pid && line.includes('call-worker') ? [Number(entry)] : []
      } catch {
        return []
      }
    })
}

/** As the relay itself says it. */
const bothAreUp = () =>
  until(async () => {
    const health = (await (await fetch(`${company.relays[0]!.url}/health/ready`)).json()) as {
      parts: { workers: { status: string } }
    }
    return health.parts.workers.status === 'ready'
  }, 30_000)

describe.skipIf(process.platform !== 'linux')('kill -9 of a call worker in mid-call', () => {
  it.each([1, 2, 3])(
    'round %i: its call ends in the record with every word shown; another takes its place',
    async () => {
      const feed = await admin.events()
      const { call, stop } = await company.talk()
      await until(() => publishedOf(feed, call).length > 10)
      const before = await workers()
      expect(before).toHaveLength(2)
      const carrier = await carrierOf(before)
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 400))
      process.kill(carrier, 'SIGKILL')
      stop()
      const ended = await feed.next('call.ended', ({ call_session }) => call_session.call_sid === call.call_sid)
      expect(ended.call_session.end_reason).toBe('The process that carried the call ended.')
      const { record, kept } = await keptOf(admin, call.call_sid)
      expect(record).toMatchObject({ status: 'completed', outcome: 'failed' })
      expectNothingLost(publishedOf(feed, call), kept)
      await call.ended
      expect(call.heard.text).toContain('technical problem')
      expect((await admin.ok('listLiveCalls', {})).items).toEqual([])
      await until(async () => (await workers()).length === 2)
      expect(await workers()).not.toContain(carrier)
    },
    60_000,
  )

  it('calls of the other worker go on, and the next call is answered', async () => {
    await bothAreUp()
    const first = await company.talk()
    const second = await company.talk()
    const [one] = await workers()
    process.kill(one!, 'SIGKILL')
    first.stop()
    second.stop()
    const live = await until(async () => {
      const { items } = await admin.ok('listLiveCalls', {})
      return items.length === 1 && items
    })
    expect([first.call.call_sid, second.call.call_sid]).toContain(live[0]!.call_sid)
    const third = await company.talk()
    third.stop()
    third.call.hangUp()
    await keptOf(admin, third.call.call_sid)
    for (const { call } of [first, second]) call.hangUp()
    await keptOf(admin, live[0]!.call_sid)
  }, 60_000)

  it('kill -9 of the front in mid-call: nothing shown is lost, and its workers leave with it', async () => {
    const feed = await admin.events()
    const { call, stop } = await company.talk()
    await until(() => publishedOf(feed, call).length > 10)
    const pids = await workers()
    await company.kill()
    stop()
    await until(async () => pids.every((pid) => !isRunning(pid)), 15_000)
    await company.start()
    admin = await company.admin()
    const { record, kept } = await keptOf(admin, call.call_sid)
    expectNothingLost(publishedOf(feed, call), kept)
    expect(record.end_reason).toBe('The relay stopped during the call.')
    expect((await admin.ok('listLiveCalls', {})).items).toEqual([])
  }, 60_000)

  it('everything at once, front and workers: nothing shown is lost', async () => {
    const feed = await admin.events()
    const { call, stop } = await company.talk()
    await until(() => publishedOf(feed, call).length > 10)
    for (const pid of [...(await workers()), company.relays[0]!.child.pid!]) process.kill(pid, 'SIGKILL')
    await company.kill()
    stop()
    await company.start()
    admin = await company.admin()
    const { kept } = await keptOf(admin, call.call_sid)
    expectNothingLost(publishedOf(feed, call), kept)
  }, 60_000)

  it('SIGTERM ends the front with 0 and leaves no worker behind', async () => {
    const pids = await workers()
    expect(pids).toHaveLength(2)
    expect(await company.relays[0]!.end('SIGTERM')).toBe(0)
    expect(pids.filter(isRunning)).toEqual([])
  }, 60_000)
})

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The worker that has the one call: the one with a socket to the carrier, told by its open files. */
async function carrierOf(pids: number[]): Promise<number> {
  const { readdirSync, readlinkSync } = await import('node:fs')
  const sockets = (pid: number) =>
    readdirSync(`/proc/${pid}/fd`).filter((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
      } catch {
        return false
      }
    }).length
  return [...pids].sort((a, b) => sockets(b) - sockets(a))[0]!
}
