// A company whose calls are measured: relays as processes, a carrier and a model that speak their protocols, a number
// with an agent, and consoles on their sockets.
import { WebSocket } from 'ws'
import { type PhoneNetwork, startPhoneNetwork } from '../../../relay/simulator/phone-network.ts'
import { createSpeech } from '../../../relay/simulator/speech.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'
import type { Program } from '../bridge/processes.ts'
import { openLine, type SignedIn, startRelay } from '../shipped-relay.ts'

export const NUMBER = '+13125550177'
const ACCOUNT = { account_sid: `AC${'7'.repeat(32)}`, auth_token: 'f'.repeat(32) }
const FINAL = '"is_final":true'

export interface Scene {
  network: PhoneNetwork
  model: ScriptedModel
  /** The first one has all the calls. */
  relays: Program[]
  /** A console at one of the relays. @param onText told of each final text of a caller, at once */
  watch(relay: number, onText: (text: string) => void): Promise<WebSocket>
  close(): Promise<void>
}

/** @param count how many relays @param env where their store and their shared state are */
export async function setScene(main: string, cores: number[], count: number, env: Record<string, string>) {
  const speech = createSpeech()
  const numbers = [{ phone_number: NUMBER, friendly_name: 'Main line' }]
  const network = await startPhoneNetwork({ ...ACCOUNT, numbers, speech })
  const model = await startScriptedModel()
  const relays: Program[] = []
  const scene: Scene = {
    network,
    model,
    relays,
    watch: (relay, onText) => watch(relays[relay]!.url, signed_in, onText),
    async close() {
      for (const relay of relays) await relay.end()
      await network.close()
      await model.close()
      await speech.close()
    },
  }
  let signed_in: SignedIn
  try {
    for (let n = 0; n < count; n++) {
      relays.push(
        await startRelay(main, cores, {
          ...env,
          ...(relays[0] ? { PUBLIC_URL: relays[0].url } : {}),
          TWILIO_ACCOUNT_SID: ACCOUNT.account_sid,
          TWILIO_AUTH_TOKEN: ACCOUNT.auth_token,
          TWILIO_API_BASE_URL: network.base_url,
          OPENAI_API_KEY: 'a-key',
          OPENAI_BASE_URL: model.base_url,
        }),
      )
    }
    const { url } = relays[0]!
    signed_in = await openLine(url, NUMBER)
    return scene
  } catch (error) {
    await scene.close()
    throw error
  }
}

function watch(url: string, { tenant_id, access_token }: SignedIn, onText: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/events/ws?tenant_id=${tenant_id}`, {
    headers: { authorization: `Bearer ${access_token}` },
    perMessageDeflate: false,
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      // The first message says that events follow.
      if (text.includes('"socket.ready"')) return resolve(socket)
      if (!text.includes(FINAL)) return
      const event = JSON.parse(text) as { event_type: string; turn?: { speaker?: string; text?: string } }
      if (event.event_type === 'call.transcript' && event.turn?.speaker === 'caller') onText(event.turn.text ?? '')
    })
  })
}
