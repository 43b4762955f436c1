// What every directory of live calls must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallRef, LiveDirectory } from '../../relay/platform/ports.ts'
import { until } from '../support/until.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export interface Listed {
  call_sid: string
  line: string
}

export function liveDirectorySuite(name: string, bench: SharedStateBench<LiveDirectory<Listed>>): void {
  describe(`${name}: live directory`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    beforeAll(async () => {
      opened = await bench.open()
    })
    afterAll(() => opened.close())
    const freshTenant = () => `tn_${bench.fresh()}`
    const freshCall = (tenant_id: string): CallRef => ({ tenant_id, call_sid: `CA${bench.fresh()}` })
    const put = (call: CallRef, line: string) => opened.port.put(call, { call_sid: call.call_sid, line })
    const lines = async (tenant_id: string) =>
      (await opened.port.list(tenant_id)).summaries.map((call) => call.line).sort()

    test('a tenant sees its own calls, each once, as they were put last', async () => {
      const tenant_id = freshTenant()
      const [one, two, foreign] = [freshCall(tenant_id), freshCall(tenant_id), freshCall(freshTenant())]
      put(one, 'hello')
      put(two, 'good morning')
      put(foreign, 'not yours')
      put(one, 'hello again')
      await until(async () => (await lines(tenant_id)).includes('hello again'))
      expect(await lines(tenant_id)).toEqual(['good morning', 'hello again'])
    })

    test('a call that ended is not there, also when it is removed twice or was never there', async () => {
      const tenant_id = freshTenant()
      const [one, two] = [freshCall(tenant_id), freshCall(tenant_id)]
      put(one, 'stays')
      put(two, 'goes')
      opened.port.remove(two)
      opened.port.remove(two)
      opened.port.remove(freshCall(tenant_id))
      await until(async () => (await lines(tenant_id)).length === 1)
      expect(await lines(tenant_id)).toEqual(['stays'])
    })

    test('a call that was given away and is put again is there once, as it was put last', async () => {
      const tenant_id = freshTenant()
      const call = freshCall(tenant_id)
      put(call, 'here')
      opened.port.give(call)
      put(call, 'here again')
      await until(async () => (await lines(tenant_id)).includes('here again'))
      expect(await lines(tenant_id)).toEqual(['here again'])
    })

    test('a tenant without calls has an empty list, and it is whole', async () => {
      expect(await opened.port.list(freshTenant())).toEqual({ summaries: [], is_whole: true })
    })

    const { others } = bench
    if (others)
      test('without the others a process lists its own calls, and says that this is not all', async () => {
        const tenant_id = freshTenant()
        const call = freshCall(tenant_id)
        put(call, 'goes on')
        const summaries = [{ call_sid: call.call_sid, line: 'goes on' }]
        await others.leave()
        const alone = await opened.port.list(tenant_id)
        await others.comeBack()
        expect(alone).toEqual({ summaries, is_whole: false })
        await until(async () => (await opened.port.list(tenant_id)).is_whole)
        expect(await lines(tenant_id)).toEqual(['goes on'])
      })
  })
}
