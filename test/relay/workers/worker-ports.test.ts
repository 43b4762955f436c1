// What a worker answers the front.
import { afterEach, expect, it, vi } from 'vitest'
import { givePiece } from '../../../relay/platform/heard-piece.ts'
import type { TapListener } from '../../../relay/platform/ports.ts'
import { unpackPieces } from '../../../relay/workers/heard-pieces.ts'
import { type Channel, Link } from '../../../relay/workers/link.ts'
import type { FrontMethods, WorkerMethods } from '../../../relay/workers/link-methods.ts'
import { workerPorts } from '../../../relay/workers/worker-ports.ts'

it('says of a call that ended while the front asked that it is over, as the store says a moment later', async () => {
  const channelTo = (receive: (letters: unknown) => void): Channel => ({
    send(letters, done) {
      receive(letters)
      done(null)
    },
  })
  const front: Link<WorkerMethods, FrontMethods> = new Link(
    channelTo((letters) => worker.link.receive(letters)),
    {} as FrontMethods,
  )
  const worker = workerPorts(
    channelTo((letters) => front.receive(letters)),
    {} as Parameters<typeof workerPorts>[1],
  )
  const asked = front.ask('command', 'CA1', { type: 'hang_up', by: 'Ida', outcome: null })
  await expect(asked).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' })
})

afterEach(() => void vi.useRealTimers())

it('sound for a front that cannot keep up waits for it, the newest second, and what is not said is dropped in its order', async () => {
  vi.useFakeTimers()
  const heard: string[] = []
  const left: (() => void)[] = []
  const letters: { name: string; args: unknown[] }[] = []
  const { link, ports } = workerPorts(
    {
      send(message, done) {
        letters.push(...(message as typeof letters))
        left.push(() => done(null))
      },
    },
    {} as Parameters<typeof workerPorts>[1],
  )
  let ear!: TapListener
  ports.lines.serve({ tenant_id: 'tnt_1', call_sid: 'CA1' }, (_person, listener) => {
    ear = listener
    return () => {}
  })
  link.receive([{ kind: 'tell', name: 'listen', args: [7, 'CA1', { id: 'us_1', name: 'Dana' }] }])
  await vi.advanceTimersByTimeAsync(0)
  const hear = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(100)
    for (const { name, args } of letters.splice(0)) {
      if (name === 'heardOut') heard.push('over')
      if (name !== 'pieces') continue
      for (const { listener_id, piece } of unpackPieces(Buffer.from(args[0] as Uint8Array)))
        givePiece(piece, {
          onPiece: (voice, at_ms, { length }) => void heard.push(`${listener_id} ${voice} ${at_ms} ${length}`),
          onFlush: () => void heard.push('flush'),
          onClose() {},
        })
    }
  }
  const said = (at_ms: number) => ear.onPiece('caller', at_ms, Buffer.alloc(800))
  said(0)
  await hear()
  expect(heard.splice(0)).toEqual(['7 caller 0 800'])
  for (let message = 0; message < 70; message++) {
    link.tell('ready')
    await vi.advanceTimersByTimeAsync(30)
  }
  for (let at_ms = 100; at_ms <= 30_000; at_ms += 100) said(at_ms)
  ear.onPiece('agent', 30_000, Buffer.alloc(8_000))
  ear.onFlush()
  ear.onPiece('agent', 30_050, Buffer.alloc(1_600))
  await hear()
  expect(heard).toEqual([])
  for (const leave of left.splice(0)) leave()
  await hear()
  expect(heard.slice(0, 2)).toEqual(['7 caller 28900 800', '7 caller 29000 800'])
  expect(heard.slice(-4)).toEqual(['7 caller 30000 800', '7 agent 30000 8000', 'flush', '7 agent 30050 1600'])
  expect(vi.getTimerCount()).toBe(0)
})
