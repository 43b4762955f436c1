import twilio from 'twilio'
import webhooks from 'twilio/lib/webhooks/webhooks.js'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { tone } from '../../../relay/simulator/mulaw.ts'
import type { PhoneCall } from '../../../relay/simulator/phone-call.ts'
import {
  type PhoneNetwork,
  type PhoneNetworkOptions,
  startPhoneNetwork,
} from '../../../relay/simulator/phone-network.ts'
import { createSpeech, type Speech } from '../../../relay/simulator/speech.ts'
import { type Answer, connectTwiml, startTinyRelay, type TinyRelay, type WebhookSeen } from './tiny-relay.ts'

const ACCOUNT = `AC${'0'.repeat(31)}1`
const TOKEN = '12345678901234567890123456789012'
const OURS = '+13125550110'
const THEIRS = '+12125550123'

let speech: Speech
beforeAll(() => {
  speech = createSpeech()
})
afterAll(() => speech.close())

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire, looked at by tests only
type Wire = Record<string, any>

interface Media {
  socket: WebSocket
  messages: Wire[]
  send(message: object): void
  until(event: string, count?: number): Promise<Wire>
  closed: Promise<number>
}

/** The relay's end of a media socket, recorded. */
function record(socket: WebSocket): Media {
  const media: Media = {
    socket,
    messages: [],
    send: (message) => socket.send(JSON.stringify(message)),
    async until(event, count = 1) {
      for (;;) {
        const found = media.messages.filter((message) => message.event === event)
        if (found.length >= count) return found[count - 1]!
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    closed: new Promise((resolve) => socket.on('close', resolve)),
  }
  socket.on('message', (data) => {
    const text = String(data)
    media.messages.push(text.startsWith('{') && text.endsWith('}') ? JSON.parse(text) : { event: 'garbage', text })
  })
  return media
}

async function setUp(
  options: {
    answer?: (seen: WebhookSeen, relay: { url: string; media_url: string }) => Answer
    network?: Partial<PhoneNetworkOptions>
    number?: object
  } = {},
) {
  const sockets: Media[] = []
  const relay: TinyRelay = await startTinyRelay(
    (seen, where) => {
      if (options.answer) return options.answer(seen, where)
      return seen.path === '/voice' ? { body: connectTwiml(where.media_url) } : { status: 204 }
    },
    (socket) => sockets.push(record(socket)),
  )
  const network: PhoneNetwork = await startPhoneNetwork({
    account_sid: ACCOUNT,
    auth_token: TOKEN,
    numbers: [
      {
        phone_number: OURS,
        friendly_name: 'Main',
        voice_url: `${relay.url}/voice`,
        status_callback: `${relay.url}/status`,
        ...options.number,
      },
    ],
    speech,
    ...options.network,
  })
  open.push(relay, network)
  const media = async (count = 1): Promise<Media> => {
    while (sockets.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
    return sockets[count - 1]!
  }
  return { relay, network, media, call: (): PhoneCall => network.placeCall({ from: THEIRS, to: OURS }) }
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const frames = (duration_ms: number) => Buffer.from(tone([440], duration_ms)).toString('base64')

describe('signatures', () => {
  it('agree with the vectors of section A.5', () => {
    const params = {
      AccountSid: 'AC00000000000000000000000000000001',
      ApiVersion: '2010-04-01',
      CallSid: 'CA00000000000000000000000000000001',
      CallStatus: 'ringing',
      Direction: 'inbound',
      From: '+15551112222',
      To: '+15553334444',
    }
    const sign = webhooks.getExpectedTwilioSignature
    expect(sign(TOKEN, 'https://relay.example.com/receive_call?tenant=a', params)).toBe('B2TdP63zqyWB05aza7uFPZDun7M=')
    expect(sign(TOKEN, 'wss://relay.example.com/media', {})).toBe('ylz2ZT2P9EZHWgs0K+e+iqGDDM8=')
  })
  it('are on the webhook and, lower-case on the wire, on the upgrade', async () => {
    const { relay, media, call } = await setUp()
    call()
    await media()
    const { headers, params } = relay.seen[0]!
    expect(twilio.validateRequest(TOKEN, String(headers['x-twilio-signature']), `${relay.url}/voice`, params)).toBe(
      true,
    )
    const { rawHeaders } = relay.upgrades[0]!
    const signature = rawHeaders[rawHeaders.indexOf('x-twilio-signature') + 1]!
    expect(signature).toBe(webhooks.getExpectedTwilioSignature(TOKEN, relay.media_url, {}))
  })
  it('are wrong on demand', async () => {
    const { relay, call } = await setUp({ network: { faults: { bad_signature: true } } })
    call()
    await until(() => relay.seen.length > 0)
    const { headers, params } = relay.seen[0]!
    expect(twilio.validateRequest(TOKEN, String(headers['x-twilio-signature']), `${relay.url}/voice`, params)).toBe(
      false,
    )
  })
})

describe('an inbound call', () => {
  it('tells the whole base set, then connected, start and 160-byte frames with string counters each 20 ms', async () => {
    const { relay, media, call } = await setUp({
      answer: (seen, { media_url }) =>
        seen.path === '/voice'
          ? { body: connectTwiml(`${media_url}?tenant=a`, '<Parameter name="token" value="a &amp; b"/>') }
          : { status: 204 },
    })
    const placed = call()
    const line = await media()
    await line.until('media', 60)
    expect(relay.seen[0]!.params).toMatchObject({
      CallSid: placed.call_sid,
      AccountSid: ACCOUNT,
      From: THEIRS,
      To: OURS,
      Caller: THEIRS,
      Called: OURS,
      CallStatus: 'ringing',
      Direction: 'inbound',
      ApiVersion: '2010-04-01',
      FromCity: 'NEW YORK',
      ToState: 'IL',
    })
    expect(relay.upgrades[0]!.url).toBe('/media')
    expect(line.messages[0]).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' })
    expect(line.messages[1]).toEqual({
      event: 'start',
      sequenceNumber: '1',
      streamSid: placed.stream_sid,
      start: {
        accountSid: ACCOUNT,
        callSid: placed.call_sid,
        streamSid: placed.stream_sid,
        tracks: ['inbound'],
        customParameters: { token: 'a & b' },
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      },
    })
    const heard = line.messages.filter((message) => message.event === 'media')
    expect(heard[0]).toEqual({
      event: 'media',
      sequenceNumber: '2',
      streamSid: placed.stream_sid,
      media: {
        track: 'inbound',
        chunk: '1',
        timestamp: expect.stringMatching(/^\d+$/),
        payload: Buffer.alloc(160, 0xff).toString('base64'),
      },
    })
    expect(heard[59]!.media.chunk).toBe('60')
    expect(Number(heard[59]!.media.timestamp) - Number(heard[0]!.media.timestamp)).toBe(59 * 20)
  })
  it('plays in real time and echoes marks when played, at once when idle, all on clear', async () => {
    const { media, call } = await setUp()
    const placed = call()
    const line = await media()
    const { streamSid } = await line.until('start')
    line.send({ event: 'mark', streamSid, mark: { name: 'idle' } })
    await line.until('mark')
    const started = performance.now()
    line.send({ event: 'media', streamSid, media: { payload: frames(300) } })
    line.send({ event: 'mark', streamSid, mark: { name: 'a' } })
    line.send({ event: 'media', streamSid, media: { payload: frames(5_000) } })
    line.send({ event: 'mark', streamSid, mark: { name: 'b' } })
    line.send({ event: 'mark', streamSid, mark: { name: 'c' } })
    await line.until('mark', 2)
    expect(performance.now() - started).toBeGreaterThan(270)
    line.send({ event: 'clear', streamSid })
    await line.until('mark', 4)
    expect(placed.heard.marks.map(({ name, because }) => `${name} ${because}`)).toEqual([
      'idle idle',
      'a played',
      'b cleared',
      'c cleared',
    ])
    expect(placed.heard.cleared_ms).toBeGreaterThan(4_000)
    expect(placed.heard.played_ms).toBeLessThan(1_000)
  })
  it('drops messages with extra fields, a wrong streamSid or an unknown type (31951, once) and binary ones (31950)', async () => {
    const { media, call } = await setUp()
    const placed = call()
    const line = await media()
    const { streamSid } = await line.until('start')
    for (const message of [
      { event: 'media', streamSid, media: { payload: frames(20) }, extra: 1 },
      { event: 'clear', streamSid: 'MZ0' },
      { event: 'hello', streamSid },
    ])
      line.send(message)
    line.socket.send('not json')
    line.socket.send(Buffer.from('{}'))
    line.send({ event: 'mark', streamSid, mark: { name: 'end' } })
    await line.until('mark')
    expect(placed.errors.map((entry) => entry.code)).toEqual([31951, 31950])
    expect(placed.received.bytes).toBe(0)
  })
  it('hears the words that were really played, and speaks with words in its audio', async () => {
    const { media, call } = await setUp()
    const placed = call()
    const line = await media()
    const { streamSid } = await line.until('start')
    const { mulaw } = await speech.render('Hello, how can I help you?', { flite: 'kal', rate: 1.3 })
    for (let at = 0; at < mulaw.length; at += 1_000)
      line.send({
        event: 'media',
        streamSid,
        media: { payload: Buffer.from(mulaw.subarray(at, at + 1_000)).toString('base64') },
      })
    line.send({ event: 'mark', streamSid, mark: { name: 'end' } })
    await placed.say('I need help.')
    await line.until('mark')
    expect(placed.heard.text).toBe('Hello, how can I help you?')
    const sent = line.messages.filter(
      (message) => message.event === 'media' && message.media.payload !== Buffer.alloc(160, 0xff).toString('base64'),
    )
    expect(sent.length).toBeGreaterThan(20)
  })
  it('sends dtmf, then stop and a status callback with duration when the caller hangs up', async () => {
    const { relay, media, call } = await setUp()
    const placed = call()
    const line = await media()
    await line.until('media', 3)
    placed.press('4')
    expect(await line.until('dtmf')).toMatchObject({
      streamSid: placed.stream_sid,
      dtmf: { track: 'inbound_track', digit: '4' },
    })
    placed.hangUp()
    expect(await line.until('stop')).toMatchObject({
      stop: { accountSid: ACCOUNT, callSid: placed.call_sid },
    })
    expect(await line.closed).toBe(1000)
    expect(await placed.ended).toMatchObject({ status: 'completed', reason: 'caller_hung_up' })
    await until(() => relay.seen.some((seen) => seen.path === '/status'))
    expect(relay.seen.at(-1)!.params).toMatchObject({
      CallStatus: 'completed',
      CallDuration: '0',
      SequenceNumber: '0',
      CallbackSource: 'call-progress-events',
      Timestamp: expect.stringContaining('+0000'),
    })
  })
  it('runs the action when the relay closes, and hangs up when there is none', async () => {
    const { relay, media, call } = await setUp({
      answer: (seen, { media_url }) =>
        seen.path === '/voice'
          ? { body: connectTwiml(media_url, '', ' action="/after"') }
          : { body: '<Response><Hangup/></Response>' },
    })
    const placed = call()
    const line = await media()
    await line.until('start')
    line.socket.close(1000)
    expect(await placed.ended).toMatchObject({ reason: 'relay_hung_up' })
    expect(relay.seen.map((seen) => seen.path)).toContain('/after')
    const plain = await setUp()
    const second = plain.call()
    ;(await plain.media()).socket.close(1000)
    expect(await second.ended).toMatchObject({ status: 'completed', reason: 'relay_hung_up' })
  })
  it('repeats, drops, garbles and delays frames on demand', async () => {
    const { media, call } = await setUp({
      network: { faults: { media_duplicate_every: 5, media_malformed_every: 7, media_drop_every: 11 } },
    })
    const placed = call()
    const line = await media()
    await line.until('media', 60)
    const chunks = line.messages.filter((message) => message.event === 'media').map((message) => message.media.chunk)
    expect(new Set(chunks).size).toBeLessThan(chunks.length)
    expect(chunks).not.toContain('11')
    expect(line.messages.some((message) => message.event === 'garbage')).toBe(true)
    placed.gap(200)
    const before = Number(line.messages.filter((message) => message.event === 'media').at(-1)!.media.timestamp)
    await line.until('media', chunks.length + 3)
    const after = line.messages
      .filter((message) => message.event === 'media')
      .map((message) => Number(message.media.timestamp))
    expect(Math.max(...after.map((value, index) => value - (after[index - 1] ?? value)))).toBeGreaterThanOrEqual(200)
    expect(before).toBeGreaterThan(0)
  })
  it.each([
    ['ws://relay.example.com/media', 31922],
    ['https://relay.example.com/media', 31922],
    ['media', 31923],
    ['ws://127.0.0.1:9/media', 31902],
  ])('refuses the stream URL %s with %i, and goes on with the document', async (media_url, code) => {
    const { call } = await setUp({ answer: () => ({ body: connectTwiml(media_url) }) })
    const placed = call()
    expect(await placed.ended).toMatchObject({ reason: 'relay_hung_up' })
    expect(placed.errors.map((entry) => entry.code)).toEqual([code])
  })
  it('breaks the socket without a close frame on demand', async () => {
    const { media, call } = await setUp()
    const placed = call()
    const line = await media()
    await line.until('start')
    placed.breakSocket()
    expect(await line.closed).toBe(1006)
  })
})

describe('webhooks', () => {
  it('retry as the fragment says, with one idempotency token, and keep the fragment off the wire', async () => {
    let attempts = 0
    const { relay, network, media } = await setUp({
      answer: (seen, { media_url }) =>
        seen.path === '/voice' && ++attempts < 3 ? { status: 500 } : { body: connectTwiml(media_url) },
    })
    await twilioClient(network)
      .incomingPhoneNumbers(network.numbers()[0]!.sid)
      .update({ voiceUrl: `${relay.url}/voice#rc=3&rp=5xx` })
    network.placeCall({ from: THEIRS, to: OURS })
    await media()
    const tokens = relay.seen.map((seen) => seen.headers['i-twilio-idempotency-token'])
    expect(relay.seen.length).toBe(3)
    expect(new Set(tokens).size).toBe(1)
  })
  it('go to the fallback with the error when the voice URL fails, and apologise without one', async () => {
    const { relay, network, call } = await setUp({
      answer: (seen) =>
        seen.path === '/voice' ? { status: 500 } : { body: '<Response><Reject reason="busy"/></Response>' },
    })
    const failing = await call().ended
    expect(failing).toMatchObject({ reason: 'application_error' })
    await twilioClient(network)
      .incomingPhoneNumbers(network.numbers()[0]!.sid)
      .update({ voiceFallbackUrl: `${relay.url}/fallback` })
    const placed = call()
    expect(await placed.ended).toMatchObject({ status: 'busy', reason: 'rejected' })
    expect(relay.seen.find((seen) => seen.path === '/fallback')!.params).toMatchObject({
      ErrorCode: '11200',
      ErrorUrl: `${relay.url}/voice`,
    })
    expect(placed.errors[0]!.code).toBe(11200)
  }, 15_000)
  it('time out as the fragment says', async () => {
    const { relay, network, call } = await setUp({ answer: () => ({ delay_ms: 3_000 }), number: {} })
    await twilioClient(network)
      .incomingPhoneNumbers(network.numbers()[0]!.sid)
      .update({ voiceUrl: `${relay.url}/voice#rt=150` })
    const placed = call()
    await until(() => placed.errors.length > 0)
    expect(placed.errors[0]).toMatchObject({ code: 11200 })
  })
  it('take documents only that are TwiML', async () => {
    const bodies = [
      '<Response><Connect></Response>',
      '<Html/>',
      '<Response><Shout/></Response>',
      '<Response>&nope;</Response>',
    ]
    for (const [index, code] of [12100, 12100, 12200, 12100].entries()) {
      const { call } = await setUp({ answer: () => ({ body: bodies[index]! }) })
      const placed = call()
      await until(() => placed.errors.length > 0)
      expect(placed.errors[0]!.code).toBe(code)
    }
  })
})

const twilioClient = (network: PhoneNetwork) => {
  const client = twilio(ACCOUNT, TOKEN)
  client.api.baseUrl = network.base_url
  return client
}

describe('REST, through the official client', () => {
  it('lists, pages and changes numbers', async () => {
    const numbers = Array.from({ length: 7 }, (_, index) => ({
      phone_number: `+1312555010${index}`,
      friendly_name: `Line ${index}`,
    }))
    const { network } = await setUp({ network: { numbers } })
    const client = twilioClient(network)
    const all = await client.incomingPhoneNumbers.list({ pageSize: 3 })
    expect(all.map((number) => number.phoneNumber)).toEqual(numbers.map((number) => number.phone_number))
    expect(all[0]!.capabilities).toMatchObject({ voice: true })
    const changed = await client
      .incomingPhoneNumbers(all[0]!.sid)
      .update({ voiceUrl: 'https://a.example/x', friendlyName: 'New' })
    expect(changed).toMatchObject({
      voiceUrl: 'https://a.example/x',
      friendlyName: 'New',
      voiceApplicationSid: null,
    })
  })
  it('makes a call: queued, then its events in order, TwiML, price later', async () => {
    const { relay, network, media } = await setUp({
      network: { faults: { price_delay_ms: 50 }, callee: () => ({ answer: 'human', after_ms: 100 }) },
    })
    const client = twilioClient(network)
    const made = await client.calls.create({
      to: THEIRS,
      from: OURS,
      url: `${relay.url}/voice`,
      statusCallback: `${relay.url}/events`,
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
    })
    expect(made).toMatchObject({ status: 'queued', direction: 'outbound-api', price: null })
    await (await media()).until('media', 3)
    expect((await client.calls(made.sid).fetch()).status).toBe('in-progress')
    await client.calls(made.sid).update({ status: 'completed' })
    await until(() => relay.seen.filter((seen) => seen.path === '/events').length === 4)
    const events = relay.seen
      .filter((seen) => seen.path === '/events')
      .map(({ params }) => `${params.SequenceNumber} ${params.CallStatus}`)
    expect(events.sort()).toEqual(['0 initiated', '1 ringing', '2 in-progress', '3 completed'])
    await new Promise((resolve) => setTimeout(resolve, 120))
    const rated = await client.calls(made.sid).fetch()
    expect(rated).toMatchObject({ status: 'completed', price: '-0.01400' })
    expect((await client.calls.list({ status: 'completed' })).map((call) => call.sid)).toEqual([made.sid])
  })
  it('replaces the instructions of a live call: its stream ends at once', async () => {
    const { network, media, call } = await setUp()
    const placed = call()
    const line = await media()
    await line.until('media', 2)
    await twilioClient(network).calls(placed.call_sid).update({ twiml: '<Response><Say>One moment.</Say></Response>' })
    await line.until('stop')
    expect(await placed.ended).toMatchObject({ reason: 'relay_hung_up' })
    expect(placed.heard.text).toContain('One moment.')
  })
  it('reports busy, no answer and machines', async () => {
    const callees = {
      '+12125550101': 'busy',
      '+12125550102': 'no-answer',
      '+12125550103': 'machine',
    } as const
    const { relay, network } = await setUp({
      network: {
        callee: ({ to }) => ({ answer: callees[to as keyof typeof callees], after_ms: 20 }),
        calls_per_second: 50,
      },
    })
    const client = twilioClient(network)
    const make = (to: string, more: object = {}) =>
      client.calls.create({
        to,
        from: OURS,
        twiml: '<Response><Pause length="20"/></Response>',
        timeout: 1,
        ...more,
      })
    const busy = await make('+12125550101')
    const silent = await make('+12125550102')
    const machine = await make('+12125550103', {
      machineDetection: 'Enable',
      asyncAmd: 'true',
      asyncAmdStatusCallback: `${relay.url}/amd`,
    })
    await until(() => relay.seen.some((seen) => seen.path === '/amd'))
    expect(relay.seen.at(-1)!.params).toMatchObject({
      CallSid: machine.sid,
      AccountSid: ACCOUNT,
      AnsweredBy: 'machine_start',
      MachineDetectionDuration: expect.stringMatching(/^\d+$/),
    })
    expect((await client.calls(busy.sid).fetch()).status).toBe('busy')
    expect((await client.calls(silent.sid).fetch()).status).toBe('no-answer')
  })
  it('refuses: wrong token 20003, unknown 20404, too many 20429, a call that is over 21220', async () => {
    const { network, call } = await setUp()
    const stranger = twilio(ACCOUNT, 'wrong')
    stranger.api.baseUrl = network.base_url
    await expect(stranger.calls.list()).rejects.toMatchObject({ status: 401, code: 20003 })
    const client = twilioClient(network)
    await expect(client.calls(`CA${'0'.repeat(32)}`).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20404,
    })
    network.faults.set({ rest_429: 1 })
    await expect(client.calls.list()).rejects.toMatchObject({ status: 429, code: 20429 })
    const placed = call()
    placed.hangUp()
    await expect(client.calls(placed.call_sid).update({ status: 'completed' })).rejects.toMatchObject({
      code: 21220,
    })
  })
  it('dials on, bridges and reports to the action', async () => {
    const { relay, call } = await setUp({
      answer: (seen) =>
        seen.path === '/voice'
          ? {
              body: '<Response><Dial answerOnBridge="true" timeout="5" action="/done"><Number statusCallback="/leg" statusCallbackEvent="ringing completed">+12125550199</Number></Dial></Response>',
            }
          : { body: '<Response/>' },
      network: {
        callee: () => ({
          answer: 'human',
          after_ms: 50,
          caller: {
            name: 'x',
            voice: { flite: 'kal', rate: 1.4 },
            attach: (line) => ({
              onConnected: async () => {
                await line.say('Dana here.')
                line.hangUp()
              },
            }),
          },
        }),
      },
    })
    const placed = call()
    await placed.ended
    expect(placed.heard.text).toContain('Dana here.')
    expect(relay.seen.find((seen) => seen.path === '/done')!.params).toMatchObject({
      DialCallStatus: 'completed',
      DialBridged: 'true',
    })
    await until(() => relay.seen.filter((seen) => seen.path === '/leg').length === 2)
  })
  it('sends status callbacks twice and in the wrong order on demand', async () => {
    const { relay, network } = await setUp({
      network: {
        callee: () => ({ answer: 'busy', after_ms: 10 }),
        faults: { status_duplicates: 1, status_reordered: true },
      },
    })
    await twilioClient(network).calls.create({
      to: THEIRS,
      from: OURS,
      twiml: '<Response/>',
      statusCallback: `${relay.url}/events`,
      statusCallbackEvent: ['initiated', 'ringing', 'completed'],
    })
    await until(() => relay.seen.filter((seen) => seen.path === '/events').length === 6)
  })
})
