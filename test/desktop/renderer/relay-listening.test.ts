import { describe, expect, it } from 'vitest'
import type { ListenMessage } from '../../../shared/bridge.ts'
import { parseAudio } from '../../../shared/relay-messages.ts'
import { sidOf, TENANT_ID } from '../support/fake-floor.ts'
import { scriptedRelay } from '../support/scripted-relay.ts'

async function linkedRelay() {
  const relay = scriptedRelay()
  await relay.client.signIn({ email: 'dana@acme.example', password: 'demo' })
  await relay.pass()
  relay.socket.says({ event_type: 'socket.ready', tenant_id: TENANT_ID, last_seq: 10, at: '2026-11-23T18:00:00.000Z' })
  await relay.pass()
  return relay
}

describe('listening in', () => {
  const audio = (speaker: number, kind: number, at_ms: number, ...bytes: number[]) => {
    const buffer = new ArrayBuffer(8 + bytes.length)
    const view = new DataView(buffer)
    view.setUint8(0, speaker)
    view.setUint8(1, kind)
    view.setUint32(4, at_ms)
    for (const [index, byte] of bytes.entries()) view.setUint8(8 + index, byte)
    return buffer
  }
  async function listening() {
    const relay = await linkedRelay()
    const heard: ListenMessage[] = []
    const stop = relay.client.listen(sidOf(1), (message) => heard.push(message))
    await relay.pass()
    return { relay, heard, stop }
  }

  it('opens its own socket with its own ticket', async () => {
    const { relay } = await listening()
    expect(relay.socket.url).toBe(`wss://relay.example/calls/${sidOf(1)}/listen`)
    expect(relay.socket.protocols).toEqual(['phony.v1', 'ticket.t2'])
    expect(relay.socket.binaryType).toBe('arraybuffer')
  })

  it('passes on who speaks, when, and what; and that the agent was cut off', async () => {
    const { relay, heard } = await listening()
    relay.socket.says(audio(0, 0, 70_000, 1, 2))
    relay.socket.says(audio(1, 0, 4_000_000_000, 3))
    relay.socket.says(audio(1, 1, 0))
    expect(heard).toEqual([
      { type: 'audio', piece: { speaker: 'caller', at_ms: 70_000, mulaw: new Uint8Array([1, 2]) } },
      { type: 'audio', piece: { speaker: 'agent', at_ms: 4_000_000_000, mulaw: new Uint8Array([3]) } },
      { type: 'flush', speaker: 'agent' },
    ])
  })

  it('says why it ended, once', async () => {
    const { relay, heard } = await listening()
    relay.socket.breaks(4404)
    relay.socket.breaks(4404)
    expect(heard).toEqual([{ type: 'closed', reason: 'No relay answers for this call: it is over, or out of reach.' }])
  })

  it('is silent after it was stopped', async () => {
    const { relay, heard, stop } = await listening()
    stop()
    relay.socket.says(audio(0, 0, 1, 1))
    relay.socket.breaks()
    expect(heard).toEqual([])
    expect(relay.socket.closed_with).toBe(1000)
  })

  it('ends with the sign-in', async () => {
    const { relay, heard } = await listening()
    await relay.client.signOut()
    expect(heard).toEqual([{ type: 'closed', reason: 'Your sign-in has ended.' }])
    expect(relay.socket.closed_with).toBe(1000)
  })

  it('says when the roles do not include it any more, and reads them anew', async () => {
    const { relay, heard } = await listening()
    relay.socket.breaks(4403)
    await relay.pass()
    expect(heard).toEqual([{ type: 'closed', reason: 'Your roles here do not include listening in.' }])
    expect(relay.messages.some(({ type }) => type === 'me')).toBe(true)
  })

  it('is refused while the link is lost', async () => {
    const relay = await linkedRelay()
    relay.socket.breaks()
    const heard: ListenMessage[] = []
    relay.client.listen(sidOf(1), (message) => heard.push(message))
    await relay.pass()
    expect(heard).toMatchObject([{ type: 'closed' }])
  })

  it('passes over what is no message of ours', () => {
    expect(parseAudio('text')).toBeNull()
    expect(parseAudio(new ArrayBuffer(3))).toBeNull()
    expect(parseAudio(audio(7, 0, 0, 1))).toBeNull()
  })
})
