import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Problem } from '../../shared/errors.ts'
import { until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()

async function talking() {
  const { test, model, network } = await stage()
  const dana = await test.as('dana')
  const call = network.placeCall({ from: '+14155550142', to: BILLING })
  const session = await model.session()
  await session.next('response.create')
  return { test, model, network, dana, call, session, params: { call_sid: call.call_sid } }
}

describe('events', () => {
  it('a console that comes back gets what it missed, once and in order', async () => {
    const { dana, session, call } = await talking()
    const feed = await dana.events()
    session.speak('First.', 200)
    await feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.text === 'First.' && turn.is_final)
    const seen = feed.all.at(-1)!.seq
    feed.close()
    session.speak('Second.', 200)
    await until(async () =>
      (await dana.ok('getCall', { params: { call_sid: call.call_sid } })).transcript.some(
        (turn) => turn.kind === 'speech' && turn.text === 'Second.' && turn.is_final,
      ),
    )
    call.hangUp()
    await until(async () => (await dana.ok('listLiveCalls', {})).items.length === 0)
    const again = await dana.events(seen)
    expect(again.first.event_type).toBe('socket.ready')
    await again.next('call.ended')
    const seqs = again.all.map((event) => event.seq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    expect(new Set(seqs).size).toBe(seqs.length)
    expect(Math.min(...seqs)).toBeGreaterThan(seen)
    expect(
      again.all.filter(
        (event) =>
          event.event_type === 'call.transcript' &&
          event.turn.kind === 'speech' &&
          event.turn.text === 'Second.' &&
          event.turn.is_final,
      ),
    ).toHaveLength(1)
  })

  it('a number from nowhere means: read everything again; so does one from before a start that forgot', async () => {
    const { test, dana } = await talking()
    expect((await dana.events(17)).first.event_type).toBe('socket.reload')
    const feed = await dana.events()
    const last = feed.first.last_seq
    await test.restart()
    const later = await (await test.as('dana')).events(last)
    // A shared log outlives its relays: there the console goes on where it was.
    if (test.config.redis) return expect(later.first).toMatchObject({ event_type: 'socket.ready', last_seq: last })
    expect(later.first.event_type).toBe('socket.reload')
    expect(later.first.last_seq).toBeGreaterThan(last)
  })

  it('another tenant’s console hears nothing of it', async () => {
    const { test, call, dana } = await talking()
    const theirs = await (await test.as('sam')).events()
    const ours = await dana.events()
    call.hangUp()
    await ours.next('call.ended')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(theirs.all).toEqual([])
  })
})

describe('listening in', () => {
  interface Heard {
    voice: number
    kind: number
    at_ms: number
    audio: Buffer
  }
  async function listen(url: string, call_sid: string, token: string) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/calls/${call_sid}/listen`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const pieces: Heard[] = []
    socket.on('message', (data: Buffer) =>
      pieces.push({ voice: data[0]!, kind: data[1]!, at_ms: data.readUInt32BE(4), audio: data.subarray(8) }),
    )
    await new Promise((resolve) => socket.on('open', resolve))
    return { socket, pieces }
  }
  const bytesOf = (pieces: Heard[], voice: number, byte: number): number =>
    pieces
      .filter((piece) => piece.voice === voice)
      .reduce((sum, { audio }) => sum + audio.filter((one) => one === byte).length, 0)

  it('both voices come on the call’s clock, every byte, in few pieces; an interruption drops what was queued; the end closes it', async () => {
    const { test, dana, call, session, params } = await talking()
    const feed = await dana.events()
    const { socket, pieces } = await listen(test.url, call.call_sid, dana.access_token)
    await until(async () =>
      (await dana.ok('getCall', { params })).live?.listeners.some((listener) => listener.name === 'Dana Ortiz'),
    )
    await call.speak(Buffer.alloc(8_000, 0x22))
    session.speak('A long answer that will be cut.', 3_000, { finish: false })
    const line = setInterval(() => call.speak(Buffer.alloc(160, 0xff)), 20)
    await until(() => bytesOf(pieces, 0, 0x22) === 8_000 && bytesOf(pieces, 1, 0x10) >= 20_000)
    // One who comes now, in the middle of the answer, hears the rest of it.
    const later = await listen(test.url, call.call_sid, dana.access_token)
    await until(() => bytesOf(later.pieces, 1, 0x10) > 0)
    expect(bytesOf(later.pieces, 1, 0x10)).toBeLessThanOrEqual(24_000)
    later.socket.close()
    clearInterval(line)
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c9', audio_start_ms: 2_000 })
    await until(() => pieces.some((piece) => piece.kind === 1))
    const caller = pieces.filter((piece) => piece.voice === 0 && piece.audio.includes(0x22))
    expect(caller.length).toBeLessThanOrEqual(14)
    const times = caller.map((piece) => piece.at_ms)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    const closed = new Promise((resolve) => socket.on('close', resolve))
    call.hangUp()
    await feed.next('call.ended')
    await closed
  })

  it('one person listens to a call in two places: a third closes the first, with words', async () => {
    const { test, dana, call, params } = await talking()
    const place = () => listen(test.url, call.call_sid, dana.access_token)
    const [first, second] = [await place(), await place()]
    const closed = once(first.socket, 'close')
    const third = await place()
    const [code, reason] = await closed
    expect([code, reason.toString()]).toEqual([1008, 'You are listening to this call in another place.'])
    await until(() => [second, third].every(({ pieces }) => pieces.length > 0))
    expect((await dana.ok('getCall', { params })).live?.listeners.map(({ name }) => name)).toEqual(['Dana Ortiz'])
  })

  it('a call that is not live, or another tenant’s, cannot be listened to', async () => {
    const { test, call } = await talking()
    const jonas = await test.as('jonas', 'tnt_north000')
    for (const sid of [call.call_sid, `CA${'0'.repeat(32)}`]) {
      const code = await new Promise((resolve) =>
        new WebSocket(`${test.url.replace('http', 'ws')}/calls/${sid}/listen`, {
          headers: { authorization: `Bearer ${jonas.access_token}` },
        }).on('close', resolve),
      )
      expect(code).toBe(4404)
    }
  })
})

describe('the context of a live call', () => {
  it('is held to 64 kB after a merge too: refused, nothing stored, and the next one builds on what was there', async () => {
    const { dana, params } = await talking()
    const half = (key: string) => ({ [key]: 'x'.repeat(40_000) })
    const override = async (context: Record<string, string>) => {
      const { status, body } = await dana.call('overrideContext', { params, body: { context, mode: 'merge' } })
      const { code, errors } = body as unknown as Partial<Problem>
      return { status, code, errors, keys: Object.keys(body.context_data ?? {}) }
    }
    expect(await override(half('a'))).toMatchObject({ status: 200, keys: ['a'] })
    expect(await override(half('b'))).toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
      errors: [{ pointer: '/context', detail: 'The context is over 64 kB.' }],
    })
    const call = await dana.ok('getCall', { params })
    expect([call.context_version, Object.keys(call.context)]).toEqual([1, ['a']])
    expect((await dana.ok('listContextVersions', { params, query: {} })).items).toHaveLength(1)
    expect(await override({ b: 'small' })).toMatchObject({ status: 200, keys: ['a', 'b'] })
  })
})

describe('agents and numbers', () => {
  it('a change is a version, and the next call follows it; the one before keeps what it had', async () => {
    const { test, model, network } = await stage()
    const priya = await test.as('priya')
    const agent = (await priya.ok('listAgents', { query: {} })).items.find((item) => item.name === 'Billing support')!
    const changed = await priya.ok('changeAgent', {
      params: { agent_id: agent.id },
      body: { greeting_message: 'New words for {company}.', voice: 'fable', expected_version: 1 },
    })
    expect(changed).toMatchObject({ version: 2 })
    expect(
      (await priya.call('changeAgent', { params: { agent_id: agent.id }, body: { name: 'Late', expected_version: 1 } }))
        .body,
    ).toMatchObject({ code: 'VERSION_CONFLICT', current_version: 2 })
    network.placeCall({ from: '+14155550142', to: BILLING })
    const session = await model.session()
    expect((await session.next('session.update')).session).toMatchObject({ audio: { output: { voice: 'ballad' } } })
    expect(JSON.stringify(await session.next('response.create'))).toContain('New words for Acme Corporation.')
    expect(
      (await priya.ok('listAgentVersions', { params: { agent_id: agent.id }, query: {} })).items.map((version) => [
        version.version,
        version.changed_by.name,
      ]),
    ).toEqual([
      [2, 'Priya Raman'],
      [1, 'Phony'],
    ])
  })

  it('a number given to an agent leads there with the next call, and is pointed at this relay', async () => {
    const { test, model, network } = await stage()
    const priya = await test.as('priya')
    const made = await priya.ok('createAgent', {
      body: {
        name: 'Night line',
        type: 'inbound',
        system_prompt: 'You answer at night.',
        greeting_message: 'Night line here.',
        phone_numbers: ['+13125550112'],
      },
    })
    expect(made.statistics).toEqual({
      total_calls: 0,
      total_minutes: 0,
      average_duration: 0,
      success_rate: 0,
      last_call: null,
    })
    expect(network.numbers().find((number) => number.phone_number === '+13125550112')?.voice_url).toContain(
      `${test.url}/receive_call`,
    )
    network.placeCall({ from: '+14155550142', to: '+13125550112' })
    expect(JSON.stringify(await (await model.session()).next('response.create'))).toContain('Night line here.')
    expect((await priya.ok('getAgent', { params: { agent_id: made.id } })).phone_numbers).toEqual(['+13125550112'])
  })

  it('many numbers at once: all or nothing', async () => {
    const { test } = await stage()
    const priya = await test.as('priya')
    const [agent] = (await priya.ok('listAgents', { query: {} })).items
    const refused = await priya.call('assignNumbers', {
      body: {
        assignments: [
          { phone_number: '+13125550112', agent_id: agent!.id },
          { phone_number: '+13125559999', agent_id: agent!.id },
        ],
      },
    })
    expect(refused.status).toBe(404)
    const numbers = await priya.ok('listNumbers', { query: {} })
    expect(numbers.items.find((number) => number.phone_number === '+13125550112')?.assigned_agent).toBeNull()
    await priya.ok('assignNumbers', {
      body: {
        assignments: ['+13125550112', '+13125550131'].map((phone_number) => ({ phone_number, agent_id: agent!.id })),
      },
    })
    const taken = await priya.call('createAgent', {
      body: { name: 'Thief', type: 'inbound', system_prompt: 'You take numbers.', phone_numbers: ['+13125550112'] },
    })
    expect(taken).toMatchObject({ status: 409, body: { code: 'NUMBER_ALREADY_ASSIGNED' } })
    expect((await priya.ok('listAgents', { query: {} })).items.some((item) => item.name === 'Thief')).toBe(false)
  })

  it('a deleted agent leaves its numbers free and its calls in place', async () => {
    const { test, network, model } = await stage()
    const priya = await test.as('priya')
    const agent = (await priya.ok('listAgents', { query: {} })).items.find((item) => item.name === 'Billing support')!
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    await (await model.session()).next('response.create')
    call.hangUp()
    await until(async () => (await priya.ok('listCalls', { query: {} })).items[0]?.ended_at)
    await priya.ok('deleteAgent', { params: { agent_id: agent.id } })
    expect(
      (await priya.ok('listNumbers', { query: {} })).items.filter((number) => number.assigned_agent === agent.id),
    ).toEqual([])
    const late = network.placeCall({ from: '+14155550142', to: BILLING })
    await late.ended
    expect(late.heard.text).toContain('Nobody can take your call')
    expect(
      (await priya.ok('listCalls', { query: {} })).items.some(
        (item) => item.agent_name === 'Billing support' && item.outcome !== 'refused',
      ),
    ).toBe(true)
  })

  it('reading the carrier’s list: a dry run changes nothing', async () => {
    const { test } = await stage()
    const priya = await test.as('priya')
    expect(await priya.ok('syncNumbers', { body: { dry_run: true } })).toMatchObject({
      added: [],
      released: [],
      dry_run: true,
    })
    expect(await priya.ok('syncNumbers', { body: {} })).toMatchObject({ dry_run: false })
    expect(
      (await priya.ok('listNumbers', { query: {} })).items.every((number) => number.tenant_id === priya.tenant_id),
    ).toBe(true)
  })
})
