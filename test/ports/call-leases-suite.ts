// What every account of calls in progress must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallLeases } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function callLeasesSuite(name: string, bench: SharedStateBench<CallLeases>): void {
  describe(`${name}: call leases`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    let leases: CallLeases
    beforeAll(async () => {
      opened = await bench.open()
      leases = opened.port
    })
    afterAll(() => opened.close())
    const freshTenant = () => `tn_${bench.fresh()}`

    test('a tenant has as many calls as its limit, and again after one ended', async () => {
      const tenant = freshTenant()
      expect(await leases.acquire(tenant, 'CA1', 2, 30)).toBe(true)
      expect(await leases.acquire(tenant, 'CA2', 2, 30)).toBe(true)
      expect(await leases.acquire(tenant, 'CA3', 2, 30)).toBe(false)
      expect(await leases.count(tenant)).toBe(2)
      await leases.release(tenant, 'CA1')
      expect(await leases.acquire(tenant, 'CA3', 2, 30)).toBe(true)
    })

    test('a call asked for twice counts once', async () => {
      const tenant = freshTenant()
      expect(await leases.acquire(tenant, 'CA1', 1, 30)).toBe(true)
      expect(await leases.acquire(tenant, 'CA1', 1, 30)).toBe(true)
      expect(await leases.count(tenant)).toBe(1)
    })

    test('many at once get no more than the limit', async () => {
      const tenant = freshTenant()
      const got = await Promise.all(Array.from({ length: 30 }, (_, n) => leases.acquire(tenant, `CA${n}`, 7, 30)))
      expect(got.filter(Boolean)).toHaveLength(7)
    })

    test('a lease ends by itself unless it is renewed', async () => {
      const tenant = freshTenant()
      await leases.acquire(tenant, 'CA1', 2, 1)
      await leases.acquire(tenant, 'CA2', 2, 1)
      await bench.wait(600)
      expect(await leases.renew(tenant, 'CA2', 1)).toBe(true)
      await bench.wait(600)
      expect(await leases.count(tenant)).toBe(1)
      expect(await leases.renew(tenant, 'CA1', 1)).toBe(false)
      expect(await leases.acquire(tenant, 'CA3', 2, 30)).toBe(true)
    })

    test('tenants do not count for each other, and a limit of zero allows none', async () => {
      const [one, two] = [freshTenant(), freshTenant()]
      expect(await leases.acquire(one, 'CA1', 1, 30)).toBe(true)
      expect(await leases.acquire(two, 'CA2', 1, 30)).toBe(true)
      expect(await leases.acquire(freshTenant(), 'CA3', 0, 30)).toBe(false)
      expect(await leases.count(freshTenant())).toBe(0)
      await leases.release(two, 'CA1')
      expect(await leases.count(one)).toBe(1)
    })
  })
}
