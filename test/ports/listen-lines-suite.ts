// What every way to the sound of a live call must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallRef, ListenLines, TapListener } from '../../relay/platform/ports.ts'
import { until } from '../support/until.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function listenLinesSuite(name: string, bench: SharedStateBench<ListenLines>): void {
  describe(`${name}: listen lines`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    beforeAll(async () => {
      opened = await bench.open()
    })
    afterAll(() => opened.close())
    const freshCall = (): CallRef => ({ tenant_id: `tn_${bench.fresh()}`, call_sid: `CA${bench.fresh()}` })
    const DANA = { id: 'usr_dana', name: 'Dana' }

    /** A call that remembers who listens. */
    const owner = (call: CallRef) => {
      const taps = new Map<string, TapListener>()
      const end = opened.port.serve(call, (person, listener) => {
        taps.set(person.name, listener)
        return () => void taps.delete(person.name)
      })
      const say = (text: string): void => {
        for (const tap of taps.values()) tap.onPiece('agent', 120, Buffer.from(text))
      }
      return { taps, end, say }
    }
    const ear = () => {
      const heard: string[] = []
      const listener: TapListener = {
        onPiece: (voice, at_ms, mulaw) => void heard.push(`${voice} ${at_ms} ${mulaw.toString('latin1')}`),
        onFlush: () => void heard.push('flush'),
        onClose: () => void heard.push('closed'),
      }
      return { heard, listener }
    }

    test('pieces come in order, bytes untouched, and what is dropped is said', async () => {
      const call = freshCall()
      const { taps, say } = owner(call)
      const { heard, listener } = ear()
      expect(await opened.port.listen(call, DANA, listener)).not.toBeNull()
      await until(() => taps.has('Dana'))
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n)).toString('latin1')
      taps.get('Dana')?.onPiece('caller', 7, Buffer.from(bytes, 'latin1'))
      say('one')
      say('two')
      taps.get('Dana')?.onFlush()
      await until(() => heard.length === 4)
      expect(heard).toEqual([`caller 7 ${bytes}`, 'agent 120 one', 'agent 120 two', 'flush'])
    })

    test("a call that nobody has, and another tenant's, cannot be heard", async () => {
      const call = freshCall()
      owner(call)
      expect(await opened.port.listen(freshCall(), DANA, ear().listener)).toBeNull()
      expect(await opened.port.listen({ ...call, tenant_id: 'tn_other' }, DANA, ear().listener)).toBeNull()
    })

    test('who stops listening is gone from the call and hears nothing more', async () => {
      const call = freshCall()
      const { taps, say } = owner(call)
      const [first, second] = [ear(), ear()]
      const stop = await opened.port.listen(call, DANA, first.listener)
      await opened.port.listen(call, { id: 'usr_jonas', name: 'Jonas' }, second.listener)
      await until(() => taps.size === 2)
      stop?.()
      stop?.()
      await until(() => !taps.has('Dana'))
      say('later')
      await until(() => second.heard.length > 0)
      expect(first.heard).toEqual([])
      expect(second.heard).toEqual(['agent 120 later'])
    })

    test('when the call ends its listeners are told, once, and it cannot be heard any more', async () => {
      const call = freshCall()
      const { taps, end } = owner(call)
      const { heard, listener } = ear()
      const stop = await opened.port.listen(call, DANA, listener)
      await until(() => taps.has('Dana'))
      taps.get('Dana')?.onClose()
      end()
      await until(() => heard.length > 0)
      stop?.()
      expect(heard).toEqual(['closed'])
      expect(await opened.port.listen(call, DANA, listener)).toBeNull()
    })
  })
}
