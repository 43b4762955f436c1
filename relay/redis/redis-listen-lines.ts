// The sound of live calls over all relays. A listener at the call's relay is handed to the call itself, so that works
// while Redis is away; one at another relay goes the long way (listen-far.ts).
import type { CallRef, Clock, ListenLines, Person, TapListener } from '../platform/ports.ts'
import { every } from './every.ts'
import { ASKED_EVERY_MS, type EarBus, FarEars, FarLine, type Open, pieceSender } from './listen-far.ts'
import { redisCallBus } from './redis-call-bus.ts'
import type { RedisConnection } from './redis-connection.ts'

interface Owner {
  open: Open
  /** Ends of the listeners at this relay. */
  near: Set<() => void>
  far: FarEars
}

/** `listen` rejects with STORE_UNAVAILABLE when the call is not here and Redis is away. */
export function redisListenLines({ redis, clock }: { redis: RedisConnection; clock: Clock }): ListenLines {
  const bus: EarBus = redisCallBus({ redis, clock, kind: 'sound' })
  const send = pieceSender(redis)
  const owners = new Map<string, Owner>()
  const lines = new Set<FarLine>()

  const stopSweeping = every(clock, ASKED_EVERY_MS, () => {
    for (const { far } of owners.values()) far.sweep()
  })
  redis.beforeClose(() => {
    stopSweeping()
    for (const line of [...lines]) line.end('out_of_reach')
    for (const { far } of owners.values()) far.endAll()
  })

  return {
    serve({ tenant_id, call_sid }, open) {
      const call = { tenant_id, call_sid }
      const owner: Owner = { open, near: new Set(), far: new FarEars({ redis, clock, send }, call, open) }
      owners.set(nameOf(call), owner)
      const stopServing = bus.serve(call, (command) => owner.far.obey(command))
      return () => {
        if (owners.get(nameOf(call)) === owner) owners.delete(nameOf(call))
        stopServing()
        for (const end of [...owner.near]) end()
        owner.far.endAll()
      }
    },
    async listen({ tenant_id, call_sid }, person, listener) {
      const call = { tenant_id, call_sid }
      const owner = owners.get(nameOf(call))
      if (owner) return listenNear(owner, person, listener)
      const line = new FarLine({ redis, clock, bus }, call, person, listener)
      lines.add(line)
      line.onOver(() => lines.delete(line))
      return (await line.open()) ? () => line.end(null) : null
    },
  }
}

function listenNear(owner: Owner, person: Person, listener: TapListener): () => void {
  let isOver = false
  /** Once, whoever ends it first: the listener, the call, or its owner. */
  const over = (isTold: boolean): void => {
    if (isOver) return
    isOver = true
    owner.near.delete(end)
    leave()
    if (isTold) listener.onClose()
  }
  const end = (): void => over(true)
  const leave = owner.open(person, {
    onPiece: (voice, at_ms, mulaw) => listener.onPiece(voice, at_ms, mulaw),
    onFlush: () => listener.onFlush(),
    onClose: end,
  })
  owner.near.add(end)
  return () => over(false)
}

const nameOf = ({ tenant_id, call_sid }: CallRef): string => `${tenant_id} ${call_sid}`
