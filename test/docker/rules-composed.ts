// The services of the compose file without Docker: the relay's container with exactly its environment and secrets, the
// redis-server of this machine by the compose file's own commands, and the MongoDB server for tests. Then people call.
import { equal, match, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startMongo } from '../support/mongo-server.ts'
import { freePort } from '../support/relay-process.ts'
import { type Client, signIn } from '../support/running-relay.ts'
import type { UnpackedImage } from './buildah.ts'
import type { Checks } from './checks.ts'
import type { ComposeFile } from './compose-file.ts'
import { startComposedRedis } from './composed-redis.ts'
import { type Container, startContainer } from './container.ts'
import { askHealth, newVolume } from './rules-alone.ts'
import { callAndHearGreeting, openForCalls, recordOf, sendUnsigned, startOutside, talk } from './signed-call.ts'

export interface Composition {
  image: UnpackedImage
  composed: ComposeFile
  folder: string
}

export async function rulesOfComposed(checks: Checks, { image, composed, folder }: Composition): Promise<void> {
  const secretFile = (name: string): string => join(folder, 'secrets', name)
  const secret = (name: string): string => readFileSync(secretFile(name), 'utf8').trim()
  const change = (name: string, how: (text: string) => string): void =>
    writeFileSync(secretFile(name), how(secret(name)))

  const redis = await startComposedRedis(composed.services.redis!, folder)
  const mongo = await startMongo({ user: { name: 'phony', password: secret('mongodb_password') } })
  const outside = await startOutside()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  // Names of the compose network lead to this machine; a test server is not in the set "phony".
  change('redis_url', (text) => text.replace('@redis:6379', `@127.0.0.1:${redis.port}`))
  change('mongodb_url', (text) =>
    text.replace('@mongo:27017', `@127.0.0.1:${mongo.port}`).replace(/&replicaSet=\w+/, ''),
  )
  change('twilio_auth_token', () => outside.auth_token)
  change('openai_api_key', () => outside.api_key)

  const relay = composed.services.relay!
  const env: Record<string, string> = {
    ...relay.environment,
    ...outside.env,
    TWILIO_AUTH_TOKEN_FILE: '/run/secrets/twilio_auth_token',
    OPENAI_API_KEY_FILE: '/run/secrets/openai_api_key',
    PORT: String(port),
    PUBLIC_URL: url,
  }
  const secrets = Object.fromEntries(
    (relay.secrets ?? []).map(({ source }) => [`/run/secrets/${source}`, secretFile(source)]),
  )
  const mounts = { '/data': newVolume(folder, 'data-composed'), ...secrets }
  const start = () => startContainer({ image, folder, env, mounts, read_only: Object.keys(secrets) })
  const signedIn = () => signIn(url, env.ADMIN_EMAIL ?? '', secret('admin_password'))

  let container: Container | undefined
  let admin: Client | undefined
  try {
    await checks.rule('it starts with its secrets in files, and nothing is simulated', async () => {
      container = await start()
      match(container.output(), /^Phony relay is ready at \S+$/m)
      equal(await askHealth(image, container), 0)
    })
    if (!container) return
    await checks.rule('calls are carried by as many processes as it was told', async () => {
      const list = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " < $file; echo; done'
      const { stdout } = await container!.exec(['sh', '-c', list])
      equal(String(stdout.match(/\/workers\/call-worker\.js $/gm)?.length), env.RELAY_WORKERS, stdout)
    })
    await checks.rule('a webhook without a signature is refused', async () => equal(await sendUnsigned(url), 403))
    await checks.rule('a signed call goes through it, is answered, and leaves its record', async () => {
      admin = await openForCalls(url, env.ADMIN_EMAIL ?? '', secret('admin_password'))
      const call = await callAndHearGreeting(outside.network)
      await talk(call)
      call.hangUp()
      const record = await recordOf(admin, call)
      equal(record.status, 'completed')
      const speakers = record.transcript.flatMap((turn) => (turn.kind === 'speech' ? [turn.speaker] : []))
      ok(speakers.includes('caller') && speakers.includes('agent'), JSON.stringify(record.transcript))
      ok((record.duration_seconds ?? 0) > 1 && record.cost > 0, JSON.stringify(record))
      equal(call.errors.length, 0, JSON.stringify(call.errors))
    })
    if (!admin) return
    const last = await callAndHearGreeting(outside.network)
    await checks.rule('after SIGTERM a call in progress goes on, and no new one is taken', async () => {
      await container!.signal('TERM')
      await talk(last)
      const late = outside.network.placeCall({ from: '+14155550143', to: last.to })
      await late.ended
      ok(!late.heard.text.includes('help you'), late.heard.text)
    })
    await checks.rule('when its last call has ended, so has it, with 0', async () => {
      last.hangUp()
      equal(await container!.ended, 0, container!.output())
      container = undefined
    })
    await checks.rule('started again it has the record of that call, whole', async () => {
      container = await start()
      const record = await recordOf(await signedIn(), last)
      equal(record.end_reason, 'The caller hung up.')
    })
    if (!container) return
    await checks.rule('no secret was written to its output', () => {
      for (const name of Object.keys(composed.secrets)) ok(!container!.output().includes(secret(name)), name)
    })
  } finally {
    await container?.remove()
    await outside.close()
    await mongo.stop()
    await redis.stop()
  }
}
