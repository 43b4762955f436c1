// Commands to calls inside one process: the owner is called, with a deadline.
import type { CallBus, Clock } from '../platform/ports.ts'

export function localCallBus<Command, Answer>({ clock }: { clock: Clock }): CallBus<Command, Answer> {
  const owners = new Map<string, (command: Command) => Promise<Answer>>()
  return {
    async send(call_sid, command, deadline_ms) {
      const owner = owners.get(call_sid)
      if (!owner) return null
      return new Promise<Answer | null>((resolve, reject) => {
        const timer = clock.setTimeout(() => resolve(null), deadline_ms)
        owner(command).then(resolve, reject).finally(() => timer.cancel())
      })
    },
    serve(call_sid, handler) {
      owners.set(call_sid, handler)
      return () => {
        if (owners.get(call_sid) === handler) owners.delete(call_sid)
      }
    },
  }
}
