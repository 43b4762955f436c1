// A call that asked for a person: seen while it is on, kept in its record, counted once, also after a sudden end.
import { afterEach, describe, expect, it } from 'vitest'
import { type Company, keptOf, startCompany } from '../support/company.ts'
import { callsOn, recordOf } from '../support/on-a-call.ts'
import { until } from '../support/running-relay.ts'
import type { ScriptedSession } from '../support/scripted-model.ts'
import { stageForTests } from '../support/stage.ts'

const calling = callsOn(stageForTests())
const says = (session: ScriptedSession, item_id: string, transcript: string) => {
  session.send({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms: 2_000 })
  session.send({ type: 'input_audio_buffer.speech_stopped', item_id, audio_end_ms: 3_000 })
  session.send({
    type: 'conversation.item.input_audio_transcription.completed',
    item_id,
    content_index: 0,
    transcript,
  })
}
const ESCALATE = { name: 'escalate', arguments: '{"reason":"Wants a person","urgency":"high"}' }

describe('a call that asked for a person', () => {
  it('counts once, whatever its agent says at the end, and its record and the list say so', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.speak('', 0, { tool_calls: [ESCALATE] })
    await on.feed.next('escalation.raised')
    says(session, 'c1', 'I want a REAL\nperson.')
    await on.feed.next('escalation.raised', ({ attention }) => attention.words.includes('REAL\nperson'))
    expect((await on.dana.ok('listLiveCalls', {})).items).toMatchObject([{ escalated: true, outcome: null }])
    session.speak('Goodbye then.', 300, {
      tool_calls: [{ name: 'end_call', arguments: '{"outcome":"unresolved","summary":"Nobody came."}' }],
    })
    expect((await on.feed.next('call.ended')).call_session).toMatchObject({ escalated: true, outcome: 'unresolved' })
    expect(await recordOf(on)).toMatchObject({ escalated: true, outcome: 'unresolved' })
    const figures = await until(async () => {
      const answer = await on.dana.ok('getAnalytics', { query: {} })
      return answer.summary.total_calls === 1 && answer
    })
    expect(figures).toMatchObject({ summary: { escalated: 1 }, outcomes: { unresolved: 1 } })
    expect(figures.agent_performance[0]).toMatchObject({ agent_id: on.billing.id, escalated: 1 })
    expect((await on.dana.ok('listCalls', { query: {} })).items).toMatchObject([{ escalated: true }])
  })
})

describe('a sudden end after an escalation was raised', () => {
  let company: Company | undefined
  afterEach(() => company?.close())

  it.each([
    ['of the relay', {}],
    ['of the relay and its workers', { RELAY_WORKERS: '1' }],
  ])(
    '%s: the call still counts as escalated',
    async (_of_what, env) => {
      company = await startCompany(env)
      const before = await company.admin()
      const feed = await before.events()
      const { call, session, stop } = await company.talk()
      session.speak('', 0, { tool_calls: [ESCALATE] })
      await feed.next('call.transcript', ({ turn }) => turn.kind === 'tool')
      stop()
      await company.kill()
      await company.start()
      const admin = await company.admin()
      const { record } = await keptOf(admin, call.call_sid)
      expect(record).toMatchObject({ outcome: 'failed', escalated: true })
      await until(async () => (await admin.ok('getAnalytics', { query: {} })).summary.escalated === 1)
    },
    60_000,
  )
})
