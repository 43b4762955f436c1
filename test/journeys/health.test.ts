// What a load balancer sees of a relay while it works and while it stops.
import { describe, expect, it } from 'vitest'
import { until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()

describe('/health', () => {
  it('ready: the store is there, and calls in progress are counted', async () => {
    const { test, model, network } = await stage()
    const ready = async () => {
      const answer = await fetch(`${test.url}/health/ready`)
      return { code: answer.status, ...((await answer.json()) as { live_calls: number }) }
    }
    const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
    expect(await ready()).toMatchObject({
      code: 200,
      status: 'ready',
      parts: { store: { status: 'ready', since } },
      live_calls: 0,
    })
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    await (await model.session()).next('response.create')
    expect((await ready()).live_calls).toBe(1)
    call.hangUp()
    await call.ended
    await until(async () => (await ready()).live_calls === 0)
  })

  it('stopping: 503 while the last calls go on, and the process still lives', async () => {
    const { test, model, network } = await stage()
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    await (await model.session()).next('response.create')
    const closing = test.relay.close(20_000)
    const stopping = await until(async () => {
      const answer = await fetch(`${test.url}/health/ready`)
      return answer.status === 503 && answer
    })
    expect(await stopping.json()).toMatchObject({ status: 'stopping', live_calls: 1 })
    expect((await fetch(`${test.url}/health/live`)).status).toBe(200)
    call.hangUp()
    await closing
    await expect(fetch(`${test.url}/health/live`)).rejects.toThrow()
    await test.relay.close(0)
  })
})
