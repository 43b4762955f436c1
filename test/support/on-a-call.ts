// A caller on the line with the billing agent, and a scripted model at the other end.
import { until } from './running-relay.ts'
import { BILLING, type stageForTests } from './stage.ts'

type Stage = ReturnType<typeof stageForTests>
export type OnACall = Awaited<ReturnType<ReturnType<typeof callsOn>>>

/** @returns places a call, after changing the agent as the test wants it */
export function callsOn(stage: Stage) {
  return async (
    options: Parameters<Stage>[0] = {},
    agent: Record<string, unknown> = {},
    change: Parameters<Stage>[1] = {},
  ) => {
    const { test, model, network } = await stage(options, change)
    const dana = await test.as('dana')
    const priya = await test.as('priya')
    const feed = await dana.events()
    const billing = (await priya.ok('listAgents', { query: {} })).items.find((item) =>
      item.phone_numbers.includes(BILLING),
    )!
    if (Object.keys(agent).length > 0) await priya.ok('changeAgent', { params: { agent_id: billing.id }, body: agent })
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    return { test, model, network, dana, priya, feed, call, billing, params: { call_sid: call.call_sid } }
  }
}

/** The call session once it has ended. */
export const recordOf = ({ dana, params }: Pick<OnACall, 'dana' | 'params'>) =>
  until(async () => {
    const answer = await dana.call('getCall', { params })
    return answer.status === 200 && answer.body?.ended_at ? answer.body : null
  })
