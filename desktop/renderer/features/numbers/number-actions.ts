// Giving numbers to agents and taking them back. All of them or none, and with a way back.
import type { Reply } from '../../../../shared/bridge.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { RouteOutput } from '../../../../shared/route.ts'
import type { Routes } from '../../../../shared/routes.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import { readNumbers, readNumbersNow } from '../../store/follow-relay.ts'

export interface Move {
  phone_number: string
  /** Null takes the number away from its agent. */
  agent_id: string | null
}

export type SyncPlan = RouteOutput<Routes['syncNumbers']>

export interface NumberActions {
  readAgain(): Promise<void>
  /** How the numbers stand at the relay: an event of a move may still be on its way. */
  readNow(): Promise<Reply<Readonly<Record<string, PhoneNumber>>>>
  /** Makes the moves. `left` are those that were not made, with why. */
  apply(moves: readonly Move[]): Promise<{ left: Move[]; problem: Problem | null }>
  planSync(): Promise<Reply<SyncPlan>>
  sync(): Promise<Reply<SyncPlan>>
}

export function createNumberActions({ bridge, store }: Pick<ConsolePorts, 'bridge' | 'store'>): NumberActions {
  const merge = (numbers: RouteOutput<Routes['assignNumbers']>['numbers']) =>
    store.setState((state) => ({
      numbers: {
        ...state.numbers,
        ...Object.fromEntries(numbers.map((number) => [number.phone_number, number])),
      },
    }))
  const assign = async (moves: readonly Move[]) => {
    const assignments = moves.flatMap(({ phone_number, agent_id }) => (agent_id ? [{ phone_number, agent_id }] : []))
    if (assignments.length === 0) return null
    const reply = await bridge.request('assignNumbers', { body: { assignments } })
    if (reply.ok) merge(reply.value.numbers)
    return reply.ok ? null : reply.problem
  }
  const release = async (moves: readonly Move[]) => {
    const phone_numbers = moves.filter(({ agent_id }) => agent_id === null).map(({ phone_number }) => phone_number)
    if (phone_numbers.length === 0) return null
    const reply = await bridge.request('releaseNumbers', { body: { phone_numbers } })
    if (reply.ok) merge(reply.value.numbers)
    return reply.ok ? null : reply.problem
  }
  return {
    readAgain: () => readNumbers(bridge, store),
    readNow: () => readNumbersNow(bridge, store),
    // Two requests, each whole: what the second one leaves stays staged and says why.
    async apply(moves) {
      const refused = await assign(moves)
      if (refused) return { left: [...moves], problem: refused }
      const problem = await release(moves)
      return { left: problem ? moves.filter(({ agent_id }) => agent_id === null) : [], problem }
    },
    planSync: () => bridge.request('syncNumbers', { body: { dry_run: true } }),
    // The relay tells of each number it assigns, not of those it read from the carrier.
    async sync() {
      const reply = await bridge.request('syncNumbers', { body: { dry_run: false } })
      if (reply.ok) await readNumbers(bridge, store)
      return reply
    },
  }
}
