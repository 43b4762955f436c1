// Changes of the same numbers in every order their steps can take: whoever wins, the three places agree in the end.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Doc, DocCollection, DocStore } from '../../../relay/store/doc-store.ts'
import { ADA, BOB, type NumberBench, numberAt, numberBench } from './number-bench.ts'

/** The same store, each operation of which waits until the scheduler lets it go on. */
function scheduled(store: DocStore, scheduler: fc.Scheduler): DocStore {
  const slow = <T extends Doc>(collection: DocCollection<T>) =>
    Object.fromEntries(
      Object.entries(collection).map(([name, run]) => [
        name,
        async (...given: unknown[]) => {
          await scheduler.schedule(Promise.resolve(), name)
          return (run as (...given: unknown[]) => Promise<unknown>)(...given)
        },
      ]),
    ) as unknown as DocCollection<T>
  return {
    ...store,
    platform: { collection: (spec) => slow(store.platform.collection(spec)) },
    forTenant: (scope) => {
      const tenant = store.forTenant(scope)
      return { scope: tenant.scope, collection: (spec) => slow(tenant.collection(spec)) } as typeof tenant
    },
  }
}

const CHANGES = ['assign', 'assign', 'release', 'leave', 'come_back', 'delete_agent'] as const
const change = fc.record({
  kind: fc.constantFrom(...CHANGES),
  agent_id: fc.constantFrom(ADA, BOB),
  numbers: fc.constantFrom([numberAt(0)], [numberAt(0), numberAt(1)]),
})
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never

function start(on: NumberBench, { kind, agent_id, numbers }: Change): Promise<unknown> {
  const bought = on.bought.get(numberAt(0))!
  switch (kind) {
    case 'assign':
      return on.assign(Object.fromEntries(numbers.map((number) => [number, agent_id])))
    case 'release':
      return on.release([...numbers])
    case 'leave':
      on.carrier.numbers.delete(bought.phone_number)
      return on.sync()
    case 'come_back':
      on.carrier.numbers.set(bought.phone_number, bought)
      return on.sync()
    case 'delete_agent':
      return on.agents.deleteAgent(on.actor, { params: { agent_id } })
  }
}

it('however changes of the same numbers interleave, each number leads to one agent and all places say so', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(change, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(null, 0, 1),
      async (scheduler, changes, refused) => {
        const on = await numberBench({ numbers: 2, through: (store) => scheduled(store, scheduler) })
        try {
          await scheduler.waitFor(on.assign({ [numberAt(0)]: ADA }))
          if (refused !== null) on.carrier.refuse.pointing.add(numberAt(refused))
          await scheduler.waitFor(Promise.allSettled(changes.map((one) => start(on, one))))
          const { records, routes, lists } = await on.standing()
          expect(records).toEqual(routes)
          for (const number of Object.keys(routes))
            expect(Object.keys(lists).filter((agent_id) => lists[agent_id]!.includes(number))).toEqual(
              [routes[number]].filter((agent_id) => agent_id !== null),
            )
        } finally {
          await on.close()
        }
      },
    ),
    { numRuns: 60 },
  )
}, 60_000)
