import { describe, expect, it } from 'vitest'
import { FrameClock } from '../../../relay/twilio/frame-clock.ts'
import { signatureCheck } from '../../../relay/twilio/signature.ts'
import { connectTwiml, refuseTwiml, sayTwiml } from '../../../relay/twilio/twiml.ts'

describe('signatures', () => {
  const token = '12345678901234567890123456789012'
  const check = signatureCheck([token])
  const form = {
    AccountSid: 'AC00000000000000000000000000000001',
    ApiVersion: '2010-04-01',
    CallSid: 'CA00000000000000000000000000000001',
    CallStatus: 'ringing',
    Direction: 'inbound',
    From: '+15551112222',
    To: '+15553334444',
  }
  const url = 'https://relay.example.com/receive_call?tenant=a'

  it('a form signed by the carrier is let in, one changed, unsigned or for another address is not', () => {
    expect(check.isFormSigned('B2TdP63zqyWB05aza7uFPZDun7M=', url, form)).toBe(true)
    expect(check.isFormSigned('B2TdP63zqyWB05aza7uFPZDun7M=', url, { ...form, To: '+15553334445' })).toBe(false)
    expect(
      check.isFormSigned('B2TdP63zqyWB05aza7uFPZDun7M=', 'https://evil.example.com/receive_call?tenant=a', form),
    ).toBe(false)
    expect(check.isFormSigned(undefined, url, form)).toBe(false)
  })
  it('either token serves while one is rotated', () => {
    expect(signatureCheck(['other', token]).isFormSigned('B2TdP63zqyWB05aza7uFPZDun7M=', url, form)).toBe(true)
  })
  it('the upgrade of a stream is signed over its wss address, with or without the port', () => {
    expect(check.isUpgradeSigned('ylz2ZT2P9EZHWgs0K+e+iqGDDM8=', 'wss://relay.example.com/media')).toBe(true)
    expect(check.isUpgradeSigned('ajmW2vRVhyVSlNva+vzF3lR+cQo=', 'wss://relay.example.com/media')).toBe(true)
    expect(check.isUpgradeSigned('ajmW2vRVhyVSlNva+vzF3lR+cQ0=', 'wss://relay.example.com/media')).toBe(false)
  })
})

describe('TwiML', () => {
  it('connects with the token as a parameter and no query on the stream', () => {
    const xml = connectTwiml(
      {
        stream: 'wss://r.example/media',
        action: 'https://r.example/stream_ended',
        status: 'https://r.example/stream_status',
      },
      'a&b',
    )
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="https://r.example/stream_ended" method="POST"><Stream url="wss://r.example/media" statusCallback="https://r.example/stream_status" statusCallbackMethod="POST"><Parameter name="token" value="a&amp;b"/></Stream></Connect></Response>',
    )
  })
  it('a refusal is spoken and the line is closed', () => {
    expect(refuseTwiml('agent_not_active')).toMatch(/<Say>.+<\/Say><Hangup\/>/)
    expect(sayTwiml(null)).toContain('<Response><Hangup/></Response>')
  })
})

describe('the caller’s frames', () => {
  const ms = (silence: string | null) => (silence ? Buffer.from(silence, 'base64').length / 8 : 0)
  it('doubles and late ones are dropped', () => {
    const clock = new FrameClock()
    const passed = [1, 2, 2, 4, 3, 5].map((chunk) => clock.accept(chunk, chunk * 20, 20, chunk * 20).pass)
    expect(passed).toEqual([true, true, false, true, false, true])
  })
  it('missing time is filled with silence, jitter is not', () => {
    const clock = new FrameClock()
    clock.accept(1, 0, 20, 0)
    expect(clock.accept(2, 45, 20, 50)).toEqual({ pass: true, silence_before: null })
    const late = clock.accept(3, 565, 20, 600)
    expect(late.pass && ms(late.silence_before)).toBe(500)
  })
  it('[L11] a pause of the carrier is filled once, and not twice when frames return', () => {
    const clock = new FrameClock()
    expect(clock.quiet()).toBeNull()
    clock.accept(1, 0, 20, 0)
    expect(ms(clock.quiet())).toBe(1_000)
    const back = clock.accept(2, 1_020, 20, 1_020)
    expect(back).toEqual({ pass: true, silence_before: null })
  })
  it('too old ones do not pass where there is too much to do, and their time is silence', () => {
    const clock = new FrameClock()
    for (const chunk of [1, 2, 3]) clock.accept(chunk, chunk * 20, 20, chunk * 20 + 150, true)
    const stale = { pass: false, why: 'stale' }
    expect(clock.accept(4, 80, 20, 80 + 150 + 2_001, true)).toEqual(stale)
    expect(clock.accept(5, 100, 20, 100 + 150 + 2_001, true)).toEqual(stale)
    const next = clock.accept(6, 180, 20, 180 + 150 + 1_999, true)
    expect(next.pass && ms(next.silence_before)).toBe(100)
  })
  it('old ones pass where there is time for them: a carrier that was cut off for a while loses no word', () => {
    const clock = new FrameClock()
    clock.accept(1, 20, 20, 20)
    expect(clock.accept(2, 40, 20, 9_000)).toEqual({ pass: true, silence_before: null })
  })
  it('numbers may be missing altogether', () => {
    expect(new FrameClock().accept(0, Number.NaN, 20, 0)).toEqual({ pass: true, silence_before: null })
  })
})
