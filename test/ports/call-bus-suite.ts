// What every call bus must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallBus, CallRef } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function callBusSuite(name: string, bench: SharedStateBench<CallBus<{ say: string }, { said: string }>>): void {
  describe(`${name}: call bus`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    beforeAll(async () => {
      opened = await bench.open()
    })
    afterAll(() => opened.close())
    const freshCall = (): CallRef => ({ tenant_id: `tn_${bench.fresh()}`, call_sid: `CA${bench.fresh()}` })

    test('a command reaches the owner of its call, whose answer comes back', async () => {
      const [one, two] = [freshCall(), freshCall()]
      opened.port.serve(one, async ({ say }) => ({ said: `one: ${say}` }))
      opened.port.serve(two, async ({ say }) => ({ said: `two: ${say}` }))
      expect(await opened.port.send(two, { say: 'hello' }, 500)).toEqual({ said: 'two: hello' })
    })

    test('a call that nobody has answers null', async () => {
      expect(await opened.port.send(freshCall(), { say: 'hello' }, 200)).toBeNull()
    })

    test("another tenant's call is nobody's", async () => {
      const call = freshCall()
      opened.port.serve(call, async () => ({ said: 'mine' }))
      expect(await opened.port.send({ ...call, tenant_id: freshCall().tenant_id }, { say: '' }, 200)).toBeNull()
    })

    test('an owner that ended is none, one that follows is not ended by the first', async () => {
      const call = freshCall()
      const end = opened.port.serve(call, async () => ({ said: 'first' }))
      opened.port.serve(call, async () => ({ said: 'second' }))
      end()
      expect(await opened.port.send(call, { say: '' }, 500)).toEqual({ said: 'second' })
    })

    test('an owner that fails fails the sender', async () => {
      const call = freshCall()
      opened.port.serve(call, async () => {
        throw new Error('no voice')
      })
      await expect(opened.port.send(call, { say: '' }, 500)).rejects.toThrow('no voice')
    })

    test('an owner that does not answer in time answers null', async () => {
      const call = freshCall()
      opened.port.serve(call, () => new Promise(() => {}))
      const sent = opened.port.send(call, { say: '' }, 100)
      await bench.wait(150)
      expect(await sent).toBeNull()
    })
  })
}
