// Calls of one process, of which one is broken: it leaves the wall with its record like any other, and the others end well.
import { describe, expect, it } from 'vitest'
import type { CallRecord, JournalRecord } from '../../../relay/calls/call-facts.ts'
import { NO_USAGE } from '../../../relay/calls/cost.ts'
import { PRICES } from '../../../relay/calls/prices.ts'
import { AudioMeters } from '../../../relay/live/audio-meters.ts'
import { type CallSummaryRecord, LiveCalls } from '../../../relay/live/live-calls.ts'
import type { MediaStream, RealtimeSession } from '../../../relay/live/live-ports.ts'
import { localCallBus } from '../../../relay/local/local-call-bus.ts'
import { localEventLog } from '../../../relay/local/local-event-log.ts'
import { localListenLines } from '../../../relay/local/local-listen-lines.ts'
import { localLiveDirectory } from '../../../relay/local/local-live-directory.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'

const tenant_id = 'tnt_1'
const fail = (): never => {
  throw new Error('a fault of ours')
}

/** Each call with its stream open, in the order of the names. `breaks` is the call whose parts throw. */
async function callsInProgress(names: string[], breaks: string, part: 'session' | 'stream') {
  const clock = fakeClock()
  const laid: JournalRecord[] = []
  const ended: string[] = []
  const events = localEventLog({ clock })
  const directory = localLiveDirectory<CallSummaryRecord>()
  const bus = localCallBus<never, never>({ clock })
  events.subscribe(tenant_id, (event) => {
    if (event.event_type === 'call.ended') ended.push(event.call_session.call_sid)
  })
  let opening = ''
  const live = new LiveCalls({
    openRealtimeSession: () => {
      const close = part === 'session' && opening === breaks ? fail : () => {}
      return { close, createResponse: () => 'ev', appendAudio() {}, cancelResponse() {} } as unknown as RealtimeSession
    },
    realtimeVoices: (voice) => [voice],
    prices: PRICES,
    pressure: { frames_per_append: 1, isOverloaded: false },
    meters: new AudioMeters(),
    clock,
    log: silentLogger,
    spool: { append: async (record) => void laid.push(record) },
    events,
    bus: bus as never,
    directory,
    lines: localListenLines(),
    leases: { release: async () => {}, renew: async () => true },
    telephony: { hangUp: async () => {} },
    keepFarewell: () => {},
    takeStreamTicket: async (call_sid) => ({ tenant_id, call_sid }),
    fetchCall: async () => null,
    announceContext: () => {},
  })
  for (const call_sid of names) {
    opening = call_sid
    const record = { tenant_id, call_sid, context: {}, context_version: 0, usage: NO_USAGE, started_at: clock.now() }
    const layers = { context_layers: { business: {}, agent: {} }, ended_at: null, answered_at: null }
    await live.open({
      record: { ...record, ...layers } as unknown as CallRecord,
      agent: {
        id: 'ag_1',
        name: 'Ada',
        version: 1,
        system_prompt: 'You are Ada.',
        voice: 'alloy',
        greeting_message: null,
        max_call_duration: 600,
      },
    })
    const call = await live.claimStream(call_sid, call_sid, 'AC1')
    const close = part === 'stream' && call_sid === breaks ? fail : () => {}
    call?.attach({ close, clear() {}, sendAudio() {}, sendMark() {} } satisfies MediaStream)
  }
  return {
    live,
    ended,
    listed: async () => (await directory.list(tenant_id)).summaries.map((call) => call.call_sid),
    ends: () => laid.flatMap(({ key, fact }) => (fact.type === 'call_ended' ? [[key, fact.end_reason]] : [])),
  }
}

describe.each(['session', 'stream'] as const)('a call whose %s throws while it closes', (part) => {
  it('leaves the wall, with its end in the record', async () => {
    const { live, ended, listed, ends } = await callsInProgress(['CA1'], 'CA1', part)
    expect(live.carrierEnded('CA1', 'completed')).toBe(true)
    await until(() => ended.includes('CA1'))
    expect([live.count, await listed()]).toEqual([0, []])
    expect(ends()).toEqual([['CA1', 'The caller hung up before the agent answered.']])
    live.close()
  })

  it('keeps no other from being ended when the relay stops', async () => {
    const { live, ended, listed, ends } = await callsInProgress(['CA1', 'CA2', 'CA3'], 'CA1', part)
    live.endAll('The relay', 'Goodbye.')
    await until(() => ended.length === 3)
    expect(await listed()).toEqual([])
    expect(ends()).toEqual(['CA1', 'CA2', 'CA3'].map((call_sid) => [call_sid, 'The relay ended the call.']))
    live.close()
  })
})
