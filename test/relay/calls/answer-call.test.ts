// One call, asked about at several relays at once: it is opened once.
import { expect, it } from 'vitest'
import { createAnswerCall } from '../../../relay/calls/answer-call.ts'
import { createStatusReports } from '../../../relay/calls/status-reports.ts'
import type { CallAnswer } from '../../../relay/live/live-calls.ts'
import { localCallLeases } from '../../../relay/local/local-call-leases.ts'
import { localRateLimiter } from '../../../relay/local/local-rate-limiter.ts'
import { localTickets } from '../../../relay/local/local-tickets.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import type { StreamTicket } from '../../../relay/platform/ports.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const store = storeForTests()

const TENANT = { id: 'tnt_answering', status: 'active', limits: { calls_per_hour: 9, concurrent_calls: 9 } }
const AGENT = { id: 'agt_1', name: 'Desk', version: 1, type: 'inbound', is_active: true }

/** @param answers of the relay that has the call, one for each time it is asked; null while nobody has it */
function relayAmongOthers(answers: (CallAnswer | null)[], opening: Promise<void> = Promise.resolve()) {
  const clock = fakeClock()
  const opened: string[] = []
  const { answerCall, decided } = createAnswerCall({
    store: store(),
    routing: { find: async () => ({ tenant: TENANT, agent: AGENT }) } as never,
    floor: {
      async open({ record }) {
        await opening
        opened.push(record.call_sid)
      },
    },
    bus: { send: async () => answers.shift() ?? null },
    streamTickets: localTickets<StreamTicket>({ clock }),
    leases: localCallLeases({ clock }),
    limiter: localRateLimiter(),
    recordRefused: async () => {},
    countRefused: () => {},
    isStopping: () => false,
    isOverloaded: () => false,
    isDiskFull: async () => false,
    relay_id: 'this one',
    clock,
    log: silentLogger,
  })
  const told: string[] = []
  const report = createStatusReports({
    store: store(),
    floor: {
      has: (call_sid) => opened.includes(call_sid),
      carrierEnded: (call_sid) => opened.includes(call_sid) && told.push(call_sid) > 0,
    },
    bus: { send: async () => null },
    minutes: { keep: async () => {} },
    decided,
  })
  return {
    opened,
    told,
    report,
    answer: (call_sid: string) => answerCall({ call_sid, from_number: '+1', to_number: '+2' }),
  }
}
const ELSEWHERE = { call_session: {}, whole: null, moved: null } as never as CallAnswer

it('a call that nobody has is opened here', async () => {
  const { opened, answer } = relayAmongOthers([])
  expect(await answer('CA1')).toMatchObject({ plan: 'connect' })
  expect(opened).toEqual(['CA1'])
})

it('a call that another relay has is not opened, and its stream may come to any', async () => {
  const { opened, answer } = relayAmongOthers([ELSEWHERE])
  expect(await answer('CA2')).toMatchObject({ plan: 'connect', stream_token: expect.any(String) })
  expect(opened).toEqual([])
})

it('a call that another relay has opened while this one was deciding is not opened a second time', async () => {
  const { opened, answer } = relayAmongOthers([null, ELSEWHERE])
  expect(await answer('CA3')).toMatchObject({ plan: 'connect', stream_token: expect.any(String) })
  expect(opened).toEqual([])
})

it('a caller who hangs up while it is decided who answers: the call that is opened is told', async () => {
  let go = () => {}
  const { told, report, answer } = relayAmongOthers([], new Promise((resolve) => (go = resolve)))
  const answered = answer('CA4')
  const reported = report('CA4', 'completed', null)
  setTimeout(go, 20)
  await Promise.all([answered, reported])
  expect(told).toEqual(['CA4'])
  await report('CA5', 'completed', null)
  expect(told).toEqual(['CA4'])
})
