// Commands to calls inside one process: the owner is called, with a deadline.
import type { CallBus, CallRef, Clock } from '../platform/ports.ts'

/** An owner that does not answer in time counts as none: what the console sees is the same. */
export function localCallBus<Command, Answer>({ clock }: { clock: Clock }): CallBus<Command, Answer> {
  const owners = new Map<string, (command: Command) => Promise<Answer>>()
  return {
    async send(call, command, deadline_ms) {
      const owner = owners.get(nameOf(call))
      if (owner === undefined) return null
      let timer = { cancel: () => {} }
      const late = new Promise<null>((resolve) => {
        timer = clock.setTimeout(() => resolve(null), deadline_ms)
      })
      try {
        return await Promise.race([owner(command), late])
      } finally {
        timer.cancel()
      }
    },
    serve(call, handler) {
      owners.set(nameOf(call), handler)
      return () => {
        // The next owner may already listen.
        if (owners.get(nameOf(call)) === handler) owners.delete(nameOf(call))
      }
    },
  }
}

const nameOf = ({ tenant_id, call_sid }: CallRef): string => `${tenant_id} ${call_sid}`
