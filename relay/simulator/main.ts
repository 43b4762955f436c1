// Starts both listeners by themselves, so that any relay can be pointed at them:
//
//   tsx relay/simulator/main.ts --phone-port 4001 --model-port 4002 --voice-url http://127.0.0.1:3000/receive_call
//
// Names may also come from the environment, in capitals with underscores (PHONE_PORT, VOICE_URL ...).
import { parseArgs } from 'node:util'
import { startDemoTraffic } from './demo-traffic.ts'
import { startModel } from './model.ts'
import { startPhoneNetwork } from './phone-network.ts'
import { createSpeech } from './speech.ts'

const OPTIONS = {
  'phone-port': '0',
  'model-port': '0',
  'account-sid': `AC${'0'.repeat(31)}1`,
  'auth-token': '12345678901234567890123456789012',
  'api-key': 'simulated-key',
  'phone-number': '+13125550110',
  'voice-url': '',
  'status-callback': '',
  'fallback-url': '',
  calls: '0',
} as const
type Option = keyof typeof OPTIONS

const { values } = parseArgs({
  options: Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: 'string' as const }])),
})
const option = (name: Option): string =>
  (values[name] as string | undefined) ?? process.env[name.toUpperCase().replace(/-/g, '_')] ?? OPTIONS[name]
const print = (line: string) => process.stdout.write(`${line}\n`)

const speech = createSpeech()
const phone_number = option('phone-number')
const network = await startPhoneNetwork({
  port: Number(option('phone-port')),
  account_sid: option('account-sid'),
  auth_token: option('auth-token'),
  numbers: [
    {
      phone_number,
      friendly_name: 'Billing support',
      voice_url: option('voice-url'),
      voice_fallback_url: option('fallback-url'),
      status_callback: option('status-callback'),
    },
  ],
  speech,
})
const model = await startModel({ port: Number(option('model-port')), api_key: option('api-key'), speech })
print(
  `TWILIO_API_BASE_URL=${network.base_url} TWILIO_ACCOUNT_SID=${option('account-sid')} TWILIO_AUTH_TOKEN=${option('auth-token')}`,
)
print(`OPENAI_BASE_URL=${model.base_url} OPENAI_API_KEY=${option('api-key')}`)

const concurrent = Number(option('calls'))
const traffic =
  concurrent > 0 ? startDemoTraffic({ network, numbers: [{ phone_number, business: 'acme' }], concurrent }) : null

const stop = async () => {
  await traffic?.close()
  await network.close()
  await model.close()
  await speech.close()
}
process.once('SIGINT', () => void stop())
process.once('SIGTERM', () => void stop())
