// Tickets kept here and where relays share them, while that place comes and goes.
import { beforeEach, expect, it } from 'vitest'
import { localTickets } from '../../../relay/local/local-tickets.ts'
import { nearbyTickets } from '../../../relay/local/nearby-tickets.ts'
import type { TicketStore } from '../../../relay/platform/ports.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const clock = fakeClock()
let isAway = false
const place = localTickets<string>({ clock })
const shared: TicketStore<string> = {
  put: async (...args) => (isAway ? Promise.reject(new Error('away')) : place.put(...args)),
  take: async (ticket) => (isAway ? Promise.reject(new Error('away')) : place.take(ticket)),
}
const relay = () => nearbyTickets<string>(localTickets({ clock }), shared, { warn: () => {} })
beforeEach(() => {
  isAway = false
})

it('is good once, at whichever relay it is used first', async () => {
  const [one, two] = [relay(), relay()]
  await one.put('t', 'call', 60)
  expect([await two.take('t'), await one.take('t'), await two.take('t')]).toEqual(['call', null, null])
})

it('made while the shared place is away it is good here, also once that is back, and once', async () => {
  const one = relay()
  isAway = true
  await one.put('t', 'call', 60)
  isAway = false
  expect([await one.take('t'), await one.take('t')]).toEqual(['call', null])
})

it('used while the shared place is away it is good here', async () => {
  const one = relay()
  await one.put('t', 'call', 60)
  isAway = true
  expect(await one.take('t')).toBe('call')
})
