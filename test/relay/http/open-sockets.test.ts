// How many sockets are open at once: of one person, of one tenant, and to listen to one call.
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { TenantActor } from '../../../relay/access/actor.ts'
import {
  MOST_LISTENING_TO_A_CALL,
  MOST_OF_A_PERSON,
  MOST_OF_A_TENANT,
  OpenSockets,
} from '../../../relay/http/open-sockets.ts'

const SID = `CA${'1'.repeat(32)}`
const person = (id: string, tenant_id = 'tnt_acme0000') =>
  ({ scope: { tenant_id }, user: { id } }) as unknown as TenantActor
const wire = () => new EventEmitter() as unknown as Duplex

class Socket extends EventEmitter {
  closed: unknown[] | null = null
  close(...why: unknown[]): void {
    this.closed = why
  }
}
const socket = () => new Socket() as Socket & WebSocket

describe('the sockets of one person', () => {
  it('are so many at most; one that is gone makes room for another, and others have theirs', () => {
    const open = new OpenSockets()
    const wires = Array.from({ length: MOST_OF_A_PERSON }, wire)
    expect(wires.map((one) => open.take(one, person('dana')))).toEqual(wires.map(() => null))
    expect(open.take(wire(), person('dana'))).toBe('You have 128 sockets open, which is the most.')
    expect(open.take(wire(), person('priya'))).toBeNull()
    expect(open.take(wire(), person('dana', 'tnt_north000'))).toBeNull()
    wires[0]!.emit('close')
    expect(open.take(wire(), person('dana'))).toBeNull()
    expect(open.take(wire(), person('dana'))).not.toBeNull()
  })
})

describe('the sockets of one tenant', () => {
  it('are so many at most, whoever has them, and another tenant does not notice', () => {
    const open = new OpenSockets()
    const take = (at: number) => open.take(wire(), person(`usr_${at}`))
    expect(Array.from({ length: MOST_OF_A_TENANT }, (_, at) => take(at)).every((said) => said === null)).toBe(true)
    expect(take(MOST_OF_A_TENANT)).toBe('Your tenant has 500 sockets open, which is the most.')
    expect(open.take(wire(), person('sam', 'tnt_north000'))).toBeNull()
  })
})

describe('the listeners of one call', () => {
  it('are two sockets of one person at most: the newest two', () => {
    const open = new OpenSockets()
    const sockets = Array.from({ length: 5 }, socket)
    expect(sockets.map((one) => open.listen(one, person('dana'), SID))).toEqual(Array(5).fill(true))
    const replaced = [1008, 'You are listening to this call in another place.']
    expect(sockets.map(({ closed }) => closed)).toEqual([replaced, replaced, replaced, null, null])
  })

  it('are twenty at most; one more of another person is closed with words, and fits in when one is gone', () => {
    const open = new OpenSockets()
    const sockets = Array.from({ length: MOST_LISTENING_TO_A_CALL }, socket)
    for (const [at, one] of sockets.entries()) open.listen(one, person(`usr_${at >> 1}`), SID)
    const late = socket()
    expect([open.listen(late, person('dana'), SID), late.closed]).toEqual([
      false,
      [1013, 'This call has 20 listeners, which is the most.'],
    ])
    expect(open.listen(socket(), person('usr_3'), SID)).toBe(true)
    expect(sockets[6]!.closed?.[0]).toBe(1008)
    expect(open.listen(socket(), person('dana'), `CA${'2'.repeat(32)}`)).toBe(true)
    sockets[0]!.emit('close')
    expect(open.listen(socket(), person('dana'), SID)).toBe(true)
  })

  it('are not those of another tenant, who only know its name', () => {
    const open = new OpenSockets()
    for (let at = 0; at < MOST_LISTENING_TO_A_CALL; at++)
      open.listen(socket(), person(`usr_${at}`, 'tnt_north000'), SID)
    expect(open.listen(socket(), person('dana'), SID)).toBe(true)
  })
})
