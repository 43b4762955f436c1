// What every call bus must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallBus } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function callBusSuite(name: string, bench: SharedStateBench<CallBus<{ say: string }, { said: string }>>): void {
  describe(`${name}: call bus`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    beforeAll(async () => {
      opened = await bench.open()
    })
    afterAll(() => opened.close())
    const freshCall = () => `CA${bench.fresh()}`

    test('a command reaches the owner of its call, whose answer comes back', async () => {
      const [one, two] = [freshCall(), freshCall()]
      opened.port.serve(one, async ({ say }) => ({ said: `one: ${say}` }))
      opened.port.serve(two, async ({ say }) => ({ said: `two: ${say}` }))
      expect(await opened.port.send(two, { say: 'hello' }, 500)).toEqual({ said: 'two: hello' })
    })

    test('a call that nobody has answers null', async () => {
      expect(await opened.port.send(freshCall(), { say: 'hello' }, 200)).toBeNull()
    })

    test('an owner that ended is none, one that follows is not ended by the first', async () => {
      const call_sid = freshCall()
      const end = opened.port.serve(call_sid, async () => ({ said: 'first' }))
      opened.port.serve(call_sid, async () => ({ said: 'second' }))
      end()
      expect(await opened.port.send(call_sid, { say: '' }, 500)).toEqual({ said: 'second' })
    })

    test('an owner that fails fails the sender', async () => {
      const call_sid = freshCall()
      opened.port.serve(call_sid, async () => {
        throw new Error('no voice')
      })
      await expect(opened.port.send(call_sid, { say: '' }, 500)).rejects.toThrow('no voice')
    })

    test('an owner that does not answer in time answers null', async () => {
      const call_sid = freshCall()
      opened.port.serve(call_sid, () => new Promise(() => {}))
      const sent = opened.port.send(call_sid, { say: '' }, 100)
      await bench.wait(150)
      expect(await sent).toBeNull()
    })
  })
}
