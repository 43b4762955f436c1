// What a worker answers the front.
import { expect, it } from 'vitest'
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
