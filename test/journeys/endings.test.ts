import { describe, expect, it } from 'vitest'
import { PRICES } from '../../relay/calls/prices.ts'
import { createTwilioClient } from '../../relay/twilio/twilio-client.ts'
import { callsOn, recordOf } from '../support/on-a-call.ts'
import { until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()

const calling = callsOn(stage)
const record = recordOf

/** The carrier's requests, signed as it signs them. */
async function carrierOf({ test }: Awaited<ReturnType<typeof calling>>) {
  const { getExpectedTwilioSignature } = (await import('twilio')).default as unknown as {
    getExpectedTwilioSignature: (token: string, url: string, params: object) => string
  }
  const token = test.relay.simulation.twilio!.auth_token
  return (path: string, params: Record<string, string>) => {
    const url = `${test.url}${path}`
    const headers = { 'x-twilio-signature': getExpectedTwilioSignature(token, url, params) }
    return fetch(url, { method: 'POST', headers, body: new URLSearchParams(params) })
  }
}

describe('how a call ends', () => {
  it('[L9] the agent ends it: goodbye heard, outcome and summary kept, success counted', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.speak('You are all set. Goodbye.', 800, {
      tool_calls: [{ name: 'end_call', arguments: '{"outcome":"resolved","summary":"Paid the invoice."}' }],
      usage: {
        input_tokens: 300,
        output_tokens: 80,
        input_token_details: {
          text_tokens: 200,
          audio_tokens: 100,
          cached_tokens: 100,
          cached_tokens_details: { text_tokens: 100 },
        },
        output_token_details: { text_tokens: 20, audio_tokens: 60 },
      },
    })
    const answer = await session.next('conversation.item.create')
    expect(answer.item).toMatchObject({ type: 'function_call_output' })
    expect(await on.call.ended).toMatchObject({ reason: expect.any(String) })
    expect(on.call.heard.played_ms).toBeGreaterThan(1_300)
    const call = await record(on)
    expect(call).toMatchObject({
      outcome: 'resolved',
      summary: 'Paid the invoice.',
      end_reason: 'The agent ended the call.',
      status: 'completed',
      usage: { responses: 1, cached_text_tokens: 100 },
    })
    expect(call.cost).toBeGreaterThan(0)
    const analytics = await until(async () => {
      const found = await on.dana.ok('getAnalytics', { query: {} })
      return found.summary.total_calls > 0 && found
    })
    expect(analytics.summary.success_rate).toBe(1)
  })

  it('a supervisor ends it at once', async () => {
    const on = await calling()
    await (await on.model.session()).next('response.create')
    await on.dana.ok('hangUpCall', { params: on.params, body: { outcome: 'resolved' } })
    await on.call.ended
    expect(await record(on)).toMatchObject({ end_reason: 'Dana Ortiz ended the call.', outcome: 'resolved' })
    expect((await on.dana.call('hangUpCall', { params: on.params, body: {} })).status).toBe(409)
  })

  it.each([
    ['refuses the key', { refuse: 401 }, 'The model refused the key.'],
    ['is overloaded', { refuse: 503 }, 'The model answered 503 instead of opening a session.'],
  ])('[L6] a model that %s: the caller hears a sentence, the record says why', async (_name, options, end_reason) => {
    const on = await calling(options)
    await on.call.ended
    expect(on.call.heard.text).toContain('technical problem')
    expect(await record(on)).toMatchObject({ outcome: 'failed', end_reason })
  })

  it('[L6] a model that cannot be reached or is lost in mid-call', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.drop()
    await on.call.ended
    expect(on.call.heard.text).toContain('technical problem')
    expect(await record(on)).toMatchObject({
      outcome: 'failed',
      end_reason: expect.stringContaining('closed the connection'),
    })
  })

  it('[L9] the longest duration: the agent says goodbye, then the line closes', async () => {
    const on = await calling({}, { max_call_duration: 30 })
    const session = await on.model.session()
    await session.next('response.create')
    // The limit is half a minute at least; the machine's own test covers the clock, this one the words.
    const seen = session.received.length
    const farewell = await until(
      async () => session.received.slice(seen).find((event) => event.type === 'response.create'),
      35_000,
    )
    expect(JSON.stringify(farewell)).toContain('Say goodbye')
    session.speak('We have to stop here. Goodbye.', 600)
    await on.call.ended
    expect(await record(on)).toMatchObject({ end_reason: 'The call reached its maximum duration.' })
  }, 60_000)

  it('unknown number and paused agent: a spoken refusal, the model never opened, nothing or a refused call kept', async () => {
    const on = await calling({}, { is_active: false })
    await on.call.ended
    expect(on.call.heard.text).toContain('Nobody can take your call')
    expect(on.model.sessions).toHaveLength(0)
    expect(await record(on)).toMatchObject({ outcome: 'refused', end_reason: 'The agent is paused.' })
    const spare = on.network.placeCall({ from: '+14155550142', to: '+13125550112' })
    await spare.ended
    expect((await on.dana.ok('getAnalytics', { query: {} })).summary.total_calls).toBe(0)
    // The carrier bills what it said.
    const { inbound_per_minute } = PRICES.carrier
    await until(async () => (await record(on)).cost === inbound_per_minute)
    expect((await on.dana.ok('getAnalytics', { query: {} })).summary.cost).toBe(inbound_per_minute)
  })

  it('how long a call was for the carrier is kept before the carrier is answered', async () => {
    const on = await calling({}, { is_active: false })
    await on.call.ended
    await until(() => on.call.requests.some(({ url, status }) => url.endsWith('/call_status') && status === 204))
    await on.test.restart()
    const dana = await on.test.as('dana')
    expect((await record({ ...on, dana })).cost).toBe(PRICES.carrier.inbound_per_minute)
  })

  it('an agent that needs a person where nobody asked for one says so, and how urgent it is', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.speak('', 0, {
      tool_calls: [{ name: 'escalate', arguments: '{"reason":"Smells smoke","urgency":"high","why":"distress"}' }],
    })
    const raised = await on.feed.next('escalation.raised')
    expect(raised.attention).toMatchObject({ reason: 'agent_asks_for_help', level: 3, evidence: 'Smells smoke' })
  })

  it('escalate raises the call to the supervisors and the agent goes on', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.speak('', 0, {
      tool_calls: [
        { name: 'escalate', arguments: '{"reason":"Wants a person","urgency":"normal","why":"caller_asks"}' },
      ],
    })
    const raised = await on.feed.next('escalation.raised')
    expect(raised.attention).toMatchObject({ reason: 'asked_for_a_person', level: 3, evidence: 'Wants a person' })
    const seen = session.received.findIndex((event) => event.type === 'conversation.item.create')
    await session.next('response.create', seen)
    expect((await on.dana.ok('listLiveCalls', {})).items[0]?.live?.attention[0]?.level).toBe(3)
  })
})

describe('what goes wrong on the wire', () => {
  it('malformed frames and model events are counted, the call goes on', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    for (const raw of [
      '{',
      '[]',
      '{"event":"media","media":{"payload":"!!"}}',
      '{"event":"mark"}',
      '{"event":"surprise"}',
    ])
      on.call.inject(raw)
    session.sendRaw('not json')
    session.sendRaw('{"type":"response.output_audio.delta"}')
    session.send({ type: 'response.output_audio_transcript.delta', delta: 'whose?' })
    session.send({ type: 'something.new', field: 1 })
    session.speak('Still here.', 400)
    await on.feed.next(
      'call.transcript',
      ({ turn }) => turn.kind === 'speech' && turn.text === 'Still here.' && turn.is_final,
    )
    on.call.hangUp()
    expect((await record(on)).quality.malformed_messages).toBeGreaterThanOrEqual(6)
  })

  it('webhooks twice and statuses in any order: one call session, one end', async () => {
    const on = await calling()
    await (await on.model.session()).next('response.create')
    const first = on.call.requests.find((request) => request.url.includes('/receive_call'))!
    const post = await carrierOf(on)
    const again = await post('/receive_call', { ...first.params })
    expect(await again.text()).toContain('<Connect')
    on.call.hangUp()
    await record(on)
    for (const CallStatus of ['completed', 'ringing', 'in-progress', 'failed', 'completed'])
      expect((await post('/call_status', { ...first.params, CallStatus })).status).toBe(204)
    expect((await record(on)).status).toBe('completed')
    expect((await on.dana.ok('listCalls', { query: {} })).items).toHaveLength(1)
    expect(await (await post('/receive_call', { ...first.params })).text()).toContain('<Hangup')
    expect(on.model.sessions).toHaveLength(1)
  })

  it('[L6] a media stream that the carrier cannot open: it says a sentence, and the record says why', async () => {
    const on = await calling()
    await on.call.streaming
    const post = await carrierOf(on)
    const CallSid = `CA${'5'.repeat(32)}`
    const From = '+14155550177'
    expect(await (await post('/receive_call', { CallSid, From, To: BILLING })).text()).toContain('<Connect')
    const StreamError = '31920 - Stream - WebSocket - Handshake Error'
    expect((await post('/stream_status', { CallSid, StreamEvent: 'stream-error', StreamError })).status).toBe(204)
    const ended = await post('/stream_ended', { CallSid, CallStatus: 'in-progress' })
    expect(await ended.text()).toContain('technical problem')
    expect(await record({ ...on, params: { call_sid: CallSid } })).toMatchObject({
      outcome: 'failed',
      end_reason: `The media stream failed: ${StreamError}`,
    })
    on.call.hangUp()
    await record(on)
  })

  it('[L6] a carrier that asks how to go on with a call whose stream never came, or that nobody knows', async () => {
    const on = await calling()
    await on.call.streaming
    const post = await carrierOf(on)
    const CallSid = `CA${'6'.repeat(32)}`
    await post('/receive_call', { CallSid, From: '+14155550177', To: BILLING })
    const asks = async (sid: string, CallStatus: string) =>
      (await post('/stream_ended', { CallSid: sid, CallStatus })).text()
    expect(await asks(CallSid, 'in-progress')).toContain('technical problem')
    expect(await record({ ...on, params: { call_sid: CallSid } })).toMatchObject({
      outcome: 'failed',
      end_reason: 'The media stream did not open.',
    })
    expect(await asks(`CA${'7'.repeat(32)}`, 'in-progress')).toContain('technical problem')
    expect(await asks(`CA${'7'.repeat(32)}`, 'completed')).not.toContain('<Say')
    on.call.hangUp()
    await record(on)
  })

  it('[L6] a media stream that breaks in mid-call: the caller still hears a sentence', async () => {
    const on = await calling()
    await (await on.model.session()).next('response.create')
    on.network.faults.set({ socket_break_after_ms: 10 })
    const second = on.network.placeCall({ from: '+14155550143', to: BILLING })
    await second.ended
    expect(second.heard.text).toContain('technical problem')
    expect(await record({ ...on, params: { call_sid: second.call_sid } })).toMatchObject({
      outcome: 'failed',
      end_reason: 'The media stream was lost.',
    })
    on.call.hangUp()
    await record(on)
  })

  it('[L6] a media stream that another update of the call ends: it goes on, and the record does not say that the caller hung up', async () => {
    const on = await calling()
    await (await on.model.session()).next('response.create')
    const carrier = createTwilioClient(on.test.relay.simulation.twilio!)
    const twiml = '<Response><Pause length="20"/></Response>'
    await carrier.calls(on.call.call_sid).update({ twiml })
    expect(await record(on)).toMatchObject({
      outcome: 'failed',
      end_reason: 'The carrier ended the media stream while the call went on.',
    })
    // Longer than a carrier is waited for.
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    expect((await carrier.calls(on.call.call_sid).fetch()).status).toBe('in-progress')
    on.call.hangUp()
  })

  it('an unsigned or wrongly signed webhook is 403 and stores nothing', async () => {
    const { test, model } = await stage()
    const params = new URLSearchParams({
      CallSid: `CA${'0'.repeat(32)}`,
      From: '+14155550142',
      To: BILLING,
      CallStatus: 'ringing',
    })
    for (const headers of [{}, { 'x-twilio-signature': 'AAAA' }]) {
      const answer = await fetch(`${test.url}/receive_call`, {
        method: 'POST',
        headers: headers as Record<string, string>,
        body: params,
      })
      expect(answer.status).toBe(403)
      expect(await answer.json()).toMatchObject({ code: 'SIGNATURE_INVALID' })
    }
    expect(model.sessions).toHaveLength(0)
    expect((await (await test.as('dana')).ok('listCalls', { query: {} })).items).toEqual([])
  })

  it('a media socket without a valid token, with a used one, at the address of another call or of another account is closed', async () => {
    const on = await calling()
    await on.call.streaming
    const { WebSocket } = await import('ws')
    const { getExpectedTwilioSignature } = (await import('twilio')).default as unknown as {
      getExpectedTwilioSignature: (token: string, url: string, params: object) => string
    }
    const urlOf = (call_sid: string) => `${on.test.url.replace('http', 'ws')}/media/${call_sid}`
    const url = urlOf(on.call.call_sid)
    const unsigned = await new Promise((resolve) =>
      new WebSocket(url).on('unexpected-response', (_req, res) => resolve(res.statusCode)).on('error', () => {}),
    )
    expect(unsigned).toBe(403)
    const tokenIn = (twiml: string) => twiml.match(/name="token" value="([^"]+)"/)![1]
    /** @returns the code it is closed with */
    const closing = (path_sid: string, callSid: string, token: string | undefined, accountSid = 'AC1') =>
      new Promise((resolve) => {
        const signed = getExpectedTwilioSignature(on.test.relay.simulation.twilio!.auth_token, urlOf(path_sid), {})
        const socket = new WebSocket(urlOf(path_sid), { headers: { 'x-twilio-signature': signed } })
        const start = { streamSid: 'MZ1', callSid, accountSid, customParameters: { token } }
        socket.on('open', () => socket.send(JSON.stringify({ event: 'start', streamSid: 'MZ1', start })))
        socket.on('close', resolve)
        // One that is let in stays.
        setTimeout(() => socket.close(1000), 2_000)
      })
    const { call_sid } = on.call
    for (const token of ['nonsense', tokenIn(on.call.requests[0]!.body)])
      expect(await closing(call_sid, call_sid, token)).toBe(1008)
    // A token and a call that belong together, over the address of another call, and of another account.
    const CallSid = `CA${'8'.repeat(32)}`
    const carrier = await carrierOf(on)
    const form = { CallSid, AccountSid: 'AC1', From: '+14155550177', To: BILLING }
    const ask = async () => tokenIn(await (await carrier('/receive_call', form)).text())
    const token = await ask()
    expect(await closing(call_sid, CallSid, token)).toBe(1008)
    expect(await closing(CallSid, CallSid, await ask(), 'AC2')).toBe(1008)
    expect(await closing(CallSid, CallSid, token)).toBe(1000)
  })
})
