// The disk of the relay fills up while people are on the line, and is given room again.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Company, expectNothingLost, keptOf, NUMBER, publishedOf, startCompany } from '../support/company.ts'
import { until } from '../support/running-relay.ts'

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

describe.skipIf(!canMount)('a disk that fills up', () => {
  let disk: string
  let company: Company
  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), 'phony-disk-'))
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=320m', 'tmpfs', disk])
    company = await startCompany({ DATA_DIR: join(disk, 'data'), RELAY_WORKERS: '1' })
  })
  afterEach(async () => {
    await company?.close()
    spawnSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  })

  /** To the last byte. */
  function fill(): void {
    for (const bytes of [1024 * 1024, 4096, 1]) {
      try {
        for (;;) appendFileSync(join(disk, 'filler'), Buffer.alloc(bytes))
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
      }
    }
  }
  const ready = async (): Promise<string> => {
    const answer = await fetch(`${company.relays[0]!.url}/health/ready`)
    return `${answer.status} ${((await answer.json()) as { status: string }).status}`
  }

  it('new calls hear a sentence, the call in progress goes on, and all that was shown is kept', async () => {
    const admin = await company.admin()
    const feed = await admin.events()
    const { call, session, stop } = await company.talk(50)
    await until(() => publishedOf(feed, call).length > 5)
    expect(await ready()).toBe('200 ready')

    fill()
    expect(await until(async () => (await ready()) === '503 full')).toBe(true)
    const refused = company.network.placeCall({ from: '+14155550143', to: NUMBER })
    await refused.ended
    expect(refused.heard.text).toContain('Nobody can take your call right now')
    expect(company.model.sessions).toHaveLength(1)
    const heard = session.audio.length
    const shown = publishedOf(feed, call).length
    await until(() => session.audio.length > heard + 8_000 && publishedOf(feed, call).length > shown + 10)

    // A refusal counts for 30 s, whatever the disk shows.
    rmSync(join(disk, 'filler'))
    expect(await until(async () => (await ready()) === '200 ready', 45_000)).toBe(true)
    const fresh = company.network.placeCall({ from: '+14155550144', to: NUMBER })
    await fresh.streaming
    stop()
    for (const one of [call, fresh]) {
      one.hangUp()
      await one.ended
    }
    const { record, kept } = await keptOf(admin, call.call_sid)
    expect(record.end_reason).toBe('The caller hung up.')
    expectNothingLost(publishedOf(feed, call), kept)
  }, 120_000)
})
