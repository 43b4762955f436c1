// How many sockets people have open at this relay: each holds memory, and what is told to all of them is written to each.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { TenantActor } from '../access/actor.ts'

/** Windows of one person, on all machines. A hundred consoles cost 0.5 ms an event (docs/performance.md). */
export const MOST_OF_A_PERSON = 128
/** A floor of supervisors with some windows each. One that does not read holds up to 0.9 MB, for some seconds. */
export const MOST_OF_A_TENANT = 500
/** One plays the sound, and another may just be taking its place. */
export const MOST_LISTENING_OF_A_PERSON = 2
/** People who listen to a call are its supervisor, a trainer and some trainees. */
export const MOST_LISTENING_TO_A_CALL = 20

/** 1008 is "policy", 1013 is "try again later". The console shows the words. Source: IANA, WebSocket close codes. */
export const TRY_AGAIN_LATER = 1013
const REPLACED = [1008, 'You are listening to this call in another place.'] as const
const CALL_FULL = [TRY_AGAIN_LATER, `This call has ${MOST_LISTENING_TO_A_CALL} listeners, which is the most.`] as const

interface Listener {
  person: string
  socket: WebSocket
}

export class OpenSockets {
  readonly #open = new Map<string, number>()
  readonly #listening = new Map<string, Listener[]>()

  /**
   * Counts a socket until its wire is closed.
   * @returns the words of a refusal; null when there is room
   */
  take(wire: Duplex, { scope, user }: TenantActor): string | null {
    const person = personOf(scope.tenant_id, user.id)
    if (this.#count(person) >= MOST_OF_A_PERSON) return `You have ${MOST_OF_A_PERSON} sockets open, which is the most.`
    if (this.#count(scope.tenant_id) >= MOST_OF_A_TENANT)
      return `Your tenant has ${MOST_OF_A_TENANT} sockets open, which is the most.`
    for (const whose of [person, scope.tenant_id]) {
      this.#open.set(whose, this.#count(whose) + 1)
      wire.once('close', () => this.#leave(whose))
    }
    return null
  }

  /**
   * A person listens to a call in the newest places only: their oldest is closed. One listener too many of others is
   * closed at once.
   * @returns whether it may listen
   */
  listen(socket: WebSocket, { scope, user }: TenantActor, call_sid: string): boolean {
    // With the tenant: a call of another one is listened to by nobody, and fills no place of that call.
    const call = `${scope.tenant_id} ${call_sid}`
    const person = personOf(scope.tenant_id, user.id)
    const listeners = this.#listening.get(call) ?? []
    const [oldest, ...others] = listeners.filter((listener) => listener.person === person)
    if (oldest && others.length + 1 >= MOST_LISTENING_OF_A_PERSON) {
      this.#stop(call, oldest.socket)
      oldest.socket.close(...REPLACED)
    } else if (listeners.length >= MOST_LISTENING_TO_A_CALL) {
      socket.close(...CALL_FULL)
      return false
    }
    this.#listening.set(call, [...(this.#listening.get(call) ?? []), { person, socket }])
    socket.once('close', () => this.#stop(call, socket))
    return true
  }

  #count(whose: string): number {
    return this.#open.get(whose) ?? 0
  }

  #leave(whose: string): void {
    const left = this.#count(whose) - 1
    if (left > 0) this.#open.set(whose, left)
    else this.#open.delete(whose)
  }

  #stop(call: string, socket: WebSocket): void {
    const left = (this.#listening.get(call) ?? []).filter((listener) => listener.socket !== socket)
    if (left.length > 0) this.#listening.set(call, left)
    else this.#listening.delete(call)
  }
}

const personOf = (tenant_id: string, user_id: string): string => `${tenant_id} ${user_id}`
