// The product as it is shipped: the built relay with one call worker and the embedded store, credentials whose addresses
// are the bench's, one agent on one number made through the API, and a console that watches.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { createFaultSwitch } from '../../../relay/simulator/faults.ts'
import { createNumberBook } from '../../../relay/simulator/number-book.ts'
import { createRestListener } from '../../../relay/simulator/phone-rest.ts'
import { openLine, startRelay } from '../shipped-relay.ts'
import { type Cores, childrenOf, pin } from './machine.ts'
import type { Program } from './processes.ts'
import type { Prepared, Running } from './systems.ts'
import type { ModelDoor } from './tls-door.ts'
import { ACCOUNT } from './webhook.ts'

const NUMBER = '+13125550177'

export interface Phony extends Running {
  url: string
  tenant_id: string
  access_token: string
  /** What the console was told so far. */
  events(): number
}

export async function startPhony(
  { main, mongodb }: Omit<Prepared, 'sdk'>,
  model: ModelDoor,
  cores: Cores,
  workers = 1,
): Promise<Phony> {
  const carrier = await startCarrierApi()
  const relay = await startRelay(main, cores.others, {
    RELAY_WORKERS: String(workers),
    TWILIO_ACCOUNT_SID: ACCOUNT.account_sid,
    TWILIO_AUTH_TOKEN: ACCOUNT.auth_token,
    TWILIO_API_BASE_URL: carrier.url,
    OPENAI_API_KEY: 'a-key',
    OPENAI_BASE_URL: `${model.certificate ? 'https' : 'http'}://${model.address}/v1`,
    ...(mongodb ? { MONGODB_URL: mongodb, MONGODB_DATABASE: `bench_${randomBytes(4).toString('hex')}` } : {}),
    ...(model.certificate ? { NODE_EXTRA_CA_CERTS: model.certificate } : {}),
  })
  const end = async (): Promise<void> => {
    console_socket?.terminate()
    await relay.end()
    carrier.close()
  }
  let console_socket: WebSocket | null = null
  try {
    const pids = childrenOf(relay.pid).filter(({ command }) => command.includes('call-worker'))
    if (pids.length !== workers) throw new Error(`The relay has ${pids.length} call workers instead of ${workers}.`)
    for (const { pid } of pids) pin(pid, [cores.bridge])
    const { access_token, tenant_id } = await openLine(relay.url, NUMBER)
    let events = 0
    console_socket = await watch(relay.url, tenant_id, access_token, () => events++)
    return {
      entrance: { kind: 'webhook', url: relay.url, number: NUMBER },
      pids: pids.map(({ pid }) => pid),
      helpers: [relay.pid],
      output: relay.output,
      url: relay.url,
      tenant_id,
      access_token,
      events: () => events,
      end,
    }
  } catch (error) {
    await end()
    throw new Error(`The relay could not be prepared. ${String(error)} ${lastWords(relay)}`, { cause: error })
  }
}

const lastWords = (relay: Program): string => relay.output().trim().slice(-600)

/** The carrier's REST API with one number and no call that it knows, so that ending one is no error. */
async function startCarrierApi(): Promise<{ url: string; close(): void }> {
  const server = createServer(
    createRestListener({
      ...ACCOUNT,
      numbers: createNumberBook([{ phone_number: NUMBER, friendly_name: 'Main line' }]),
      faults: createFaultSwitch(),
      calls: () => [],
      call: () => undefined,
      createCall: () => {
        throw new Error('The bench places no calls.')
      },
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A console's socket, read and not looked at. */
export function watch(url: string, tenant_id: string, token: string, onEvent: () => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/events/ws?tenant_id=${tenant_id}`, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    skipUTF8Validation: true,
  })
  socket.on('message', onEvent)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}
