// The sound of live calls inside one process: the listener is handed to the call itself.
import type { CallRef, ListenLines, Person, TapListener } from '../platform/ports.ts'

interface Owner {
  open: (person: Person, listener: TapListener) => () => void
  stops: Set<() => void>
}

export function localListenLines(): ListenLines {
  const owners = new Map<string, Owner>()
  return {
    serve(call, open) {
      const owner: Owner = { open, stops: new Set() }
      owners.set(nameOf(call), owner)
      return () => {
        if (owners.get(nameOf(call)) === owner) owners.delete(nameOf(call))
        for (const stop of [...owner.stops]) stop()
      }
    },
    async listen(call, person, listener) {
      const owner = owners.get(nameOf(call))
      if (owner === undefined) return null
      let isOver = false
      /** Once, whoever ends it first: the listener, the call, or its owner. */
      const over = (tell: boolean): void => {
        if (isOver) return
        isOver = true
        owner.stops.delete(end)
        leave()
        if (tell) listener.onClose()
      }
      const end = (): void => over(true)
      const leave = owner.open(person, {
        onPiece: (voice, at_ms, mulaw) => listener.onPiece(voice, at_ms, mulaw),
        onFlush: () => listener.onFlush(),
        onClose: end,
      })
      owner.stops.add(end)
      return () => over(false)
    },
  }
}

const nameOf = ({ tenant_id, call_sid }: CallRef): string => `${tenant_id} ${call_sid}`
