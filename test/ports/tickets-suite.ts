// What every ticket store must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TicketStore } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function ticketsSuite(name: string, bench: SharedStateBench<TicketStore<{ for: string }>>): void {
  describe(`${name}: tickets`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    beforeAll(async () => {
      opened = await bench.open()
    })
    afterAll(() => opened.close())

    test('a ticket is good once', async () => {
      const ticket = bench.fresh()
      await opened.port.put(ticket, { for: 'a' }, 30)
      expect(await opened.port.take(ticket)).toEqual({ for: 'a' })
      expect(await opened.port.take(ticket)).toBeNull()
    })

    test('of many takers at once one has it', async () => {
      const ticket = bench.fresh()
      await opened.port.put(ticket, { for: 'a' }, 30)
      const takes = await Promise.all(Array.from({ length: 20 }, () => opened.port.take(ticket)))
      expect(takes.filter((value) => value !== null)).toHaveLength(1)
    })

    test('a ticket that is over is none', async () => {
      const ticket = bench.fresh()
      await opened.port.put(ticket, { for: 'a' }, 1)
      await bench.wait(1_100)
      expect(await opened.port.take(ticket)).toBeNull()
    })

    test('a ticket nobody gave is none', async () => {
      expect(await opened.port.take(bench.fresh())).toBeNull()
    })
  })
}
