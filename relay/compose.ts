// The program, read from top to bottom: every object is made here and handed to those who need it. Nothing else news
// things up. What is opened is closed in the reverse order.
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { IsolationLevel } from '../shared/contract/tenants.ts'
import { createAccessService } from './access/access-service.ts'
import type { Actor } from './access/actor.ts'
import { createPasswords } from './access/passwords.ts'
import { createAccessTokens } from './access/tokens.ts'
import { createAgentService } from './agents/agent-service.ts'
import { rollUpCall } from './analytics/analytics-records.ts'
import { createAnalyticsService } from './analytics/analytics-service.ts'
import { createAnswerCall } from './calls/answer-call.ts'
import { type JournalRecord, reviveDates } from './calls/call-facts.ts'
import { applyFact } from './calls/call-records.ts'
import { createCallService } from './calls/call-service.ts'
import { closeOpenCalls } from './calls/close-open-calls.ts'
import { PRICES } from './calls/prices.ts'
import { createStatusReports } from './calls/status-reports.ts'
import type { Config } from './config.ts'
import { createContextService } from './context/context-service.ts'
import { createApp } from './http/app.ts'
import { bindRoutes } from './http/bind-routes.ts'
import { consolePages } from './http/console.ts'
import { serveEvents } from './http/event-socket.ts'
import { health } from './http/health.ts'
import { idempotency } from './http/idempotency.ts'
import { serveListening } from './http/listen-socket.ts'
import { letSocketsIn } from './http/upgrades.ts'
import {
  type CallAnswer,
  type CallCommand,
  type CallSummaryRecord,
  LiveCalls,
  type StreamTicket,
} from './live/live-calls.ts'
import { localCallBus } from './local/local-call-bus.ts'
import { localCallLeases } from './local/local-call-leases.ts'
import { localEventLog } from './local/local-event-log.ts'
import { localIdempotency } from './local/local-idempotency.ts'
import { localListenLines } from './local/local-listen-lines.ts'
import { localLiveDirectory } from './local/local-live-directory.ts'
import { localRateLimiter } from './local/local-rate-limiter.ts'
import { localSessions } from './local/local-sessions.ts'
import { localTickets } from './local/local-tickets.ts'
import { createNumberDirectory } from './numbers/number-directory.ts'
import { numberRoutesOf } from './numbers/number-records.ts'
import { createNumberService } from './numbers/number-service.ts'
import { openaiRealtime } from './openai/realtime-session.ts'
import { realtimeVoices } from './openai/voices.ts'
import { systemClock } from './platform/clock.ts'
import { messageOf, RelayError } from './platform/errors.ts'
import type { Logger } from './platform/logger.ts'
import { ownSecret } from './platform/own-secret.ts'
import { type Simulation, startSimulation } from './simulator/simulation.ts'
import { openEmbeddedStore } from './store/embedded-store.ts'
import { openSpool } from './store/spool.ts'
import { tenantScope } from './store/tenant-scope.ts'
import { demoLines, simulatedNumbers } from './tenants/demo-tenants.ts'
import { addFirstAdmin, demoUsers, seedDemo } from './tenants/first-tenants.ts'
import { tenantReader, tenants } from './tenants/tenant-records.ts'
import { createTenantService } from './tenants/tenant-service.ts'
import { serveMediaStream } from './twilio/media-stream.ts'
import { twilioNumbers, voiceUrls } from './twilio/number-provider.ts'
import { signatureCheck } from './twilio/signature.ts'
import { twilioTelephony } from './twilio/telephony.ts'
import { createTwilioClient } from './twilio/twilio-client.ts'
import { STREAM_PATH, streamUrl, twilioWebhooks } from './twilio/webhooks.ts'

export interface Relay {
  /** Where it listens. */
  url: string
  /** The simulated outside, for tests and the demo; null parts are real. */
  simulation: Simulation
  live_calls(): number
  /** Takes no new calls, lets those in progress go on for so long, then ends everything. */
  close(drain_ms: number): Promise<void>
}

const TRANSCRIPTION_MODELS = ['gpt-transcribe', 'gpt-4o-mini-transcribe']
/** What callers hear when the relay has to stop under them. */
const STOPPING =
  'I am sorry, we have to end this call for technical reasons. Please call again in a few minutes. Goodbye.'
/** The demo's passwords are known to everyone, so it is reached from this machine only. */
const DEMO_HOST = '127.0.0.1'

export async function compose(config: Config, log: Logger): Promise<Relay> {
  const clock = systemClock
  const closers: (() => void | Promise<void>)[] = []
  const later = <T extends { close(): void | Promise<void> }>(opened: T): T => {
    closers.push(() => opened.close())
    return opened
  }

  try {
    // ---- where it listens comes first: its address is part of what the carrier signs
    const server: Server = config.tls
      ? createTlsServer({ cert: readFileSync(config.tls.cert), key: readFileSync(config.tls.key) })
      : createServer()
    let app: RequestListener = notReadyYet
    server.on('request', (req, res) => app(req, res))
    const url = await listen(server, config)
    closers.push(() => closeServer(server))
    const public_url = config.public_url ?? url

    // ---- the store, and the state a relay shares
    const levels = new Map<string, IsolationLevel>()
    const store = later(
      await openEmbeddedStore({
        data_dir: config.data_dir,
        isolation_level: config.isolation_level,
        levelOf: (tenant_id) => levels.get(tenant_id),
        log,
      }),
    )
    for (const tenant of await tenants(store).find({})) levels.set(tenant.id, tenant.isolation_level)
    const tenantOf = tenantReader(store, clock)
    const events = localEventLog({ clock })
    const limiter = localRateLimiter()
    const leases = localCallLeases({ clock })
    const bus = localCallBus<CallCommand, CallAnswer>({ clock })
    const directory = localLiveDirectory<CallSummaryRecord>()
    const lines = localListenLines()

    // ---- the outside: real, or simulated at the same wire
    const simulation = later(
      await startSimulation({
        phone: config.twilio
          ? null
          : { numbers: simulatedNumbers(await numberRoutesOf(store).find({}), voiceUrls(public_url)) },
        model: config.openai === null,
        log: (message, fields) => log.debug(message, fields),
      }),
    )
    const twilio = given(config.twilio ?? simulation.twilio)
    const openai = given(config.openai ?? simulation.openai)
    const client = createTwilioClient(twilio)
    const telephony = twilioTelephony(client)
    const provider = twilioNumbers(client, public_url)

    // ---- facts of calls: disk first, then the store, each once
    const spool = later(
      await openSpool<JournalRecord>({
        dir: `${config.data_dir}/spool`,
        log,
        apply: (record) =>
          applyFact(store, tenantScope(record.tenant_id, 'relay'), reviveDates(record), (call) =>
            rollUpCall(store.forTenant(tenantScope(record.tenant_id, 'relay')), call),
          ),
      }),
    )
    await spool.flushed()
    const closed = await closeOpenCalls(store, (record) => spool.append(record))
    if (closed > 0) log.warn('Calls that were open when the relay stopped were closed', { calls: closed })

    // ---- calls in progress
    const context = createContextService({ store, bus, events, settled: () => spool.flushed(), clock })
    const live = later(
      new LiveCalls({
        openRealtimeSession: openaiRealtime({
          base_url: openai.base_url,
          api_key: openai.api_key,
          model: config.realtime_model,
          transcription_models: TRANSCRIPTION_MODELS,
        }),
        realtimeVoices,
        telephony,
        spool,
        events,
        bus,
        directory,
        lines,
        leases,
        prices: PRICES,
        clock,
        log,
        streamTickets: localTickets<StreamTicket>({ clock }),
        announceContext: (call, version) =>
          void context.announce(call, version).catch((error: unknown) =>
            log.error('A context version could not be announced', {
              tenant_id: call.tenant_id,
              call_sid: call.call_sid,
              error: messageOf(error),
            }),
          ),
      }),
    )

    // ---- the nouns
    let isStopping = false
    const passwords = createPasswords()
    const access = createAccessService({
      store,
      limiter,
      passwords,
      tenantOf,
      clock,
      sessions: localSessions({ store, clock }),
      tickets: localTickets<Actor>({ clock }),
      tokens: createAccessTokens(config.jwt_secret ?? ownSecret(config.data_dir, 'jwt-secret')),
      session_ttl_seconds: config.session_ttl_seconds,
      setup: {
        version: packageVersion(),
        multi_tenant: config.multi_tenant,
        simulated: { phone: config.twilio === null, model: config.openai === null },
        demo_users: config.demo ? demoUsers() : [],
      },
    })
    const analytics = createAnalyticsService({ store, clock, tenantOf })
    const numbers = createNumberService({ store, events, provider, log })
    const agents = createAgentService({ store, events, clock, numbers, tenantOf, statistics: analytics.statistics })
    const calls = createCallService({ store, bus, directory, events, tenantOf })
    const answerCall = createAnswerCall({
      store,
      tenantOf,
      leases,
      limiter,
      clock,
      log,
      directory: createNumberDirectory(store),
      live: {
        isLive: (call_sid) => live.get(call_sid) !== null,
        open: (setup) => live.open(setup),
        streamToken: (call_sid) => live.streamToken(call_sid),
      },
      recordRefused: (record) =>
        spool.append({
          key: record.call_sid,
          tenant_id: record.tenant_id,
          seq: 1,
          fact: { type: 'call_opened', record },
        }),
      isStopping: () => isStopping,
    })

    // ---- what an empty store begins with
    const beginnings = {
      store,
      passwords,
      provider,
      clock,
      isolation_level: config.isolation_level,
      limits: config.default_limits,
    }
    if (config.demo) await seedDemo(beginnings)
    else if (config.admin) await addFirstAdmin(beginnings, config.admin)

    // ---- the doors
    const signatures = signatureCheck([twilio.auth_token])
    const closeSockets = letSocketsIn(server, {
      public_url,
      media_path: STREAM_PATH,
      isMediaSigned: (req) =>
        signatures.isUpgradeSigned(header(req.headers['x-twilio-signature']), streamUrl(public_url)),
      serveMedia: (socket) =>
        serveMediaStream(
          socket,
          async (start) => {
            const call = await live.claimStream(start.token, start.call_sid)
            return (
              call &&
              ((stream) => {
                call.attach(stream)
                return call
              })
            )
          },
          (why) => log.warn('A media stream was closed', { why }),
        ),
      actorOf: access.actorOf,
      takeTicket: access.takeTicket,
      isSignedIn: access.isSignedIn,
      serveEvents: (socket, actor, last_seq) => void serveEvents(socket, actor, last_seq, events, clock),
      serveListening: (socket, actor, call_sid) => void serveListening(socket, call_sid, actor, lines),
    })
    closers.push(closeSockets)

    app = createApp({
      version: packageVersion(),
      public_url,
      log,
      webhooks: twilioWebhooks({
        public_url,
        signatures,
        answerCall,
        reportStatus: createStatusReports({ store, live, spool }),
        takeFarewell: (call_sid) => live.takeFarewell(call_sid),
        log,
      }),
      health: health({
        pingStore: () => store.ping(),
        isStopping: () => isStopping,
        live_calls: () => live.count,
        now: () => clock.now(),
      }),
      routes: bindRoutes({
        handlers: {
          ...access,
          ...createTenantService({ tenantOf }),
          ...agents,
          ...numbers,
          ...calls,
          ...context,
          ...analytics,
        },
        actorOf: access.actorOf,
        limit: (actor) => limitTenant(actor),
        idempotency: idempotency(localIdempotency({ clock })),
      }),
      console: consolePages(fileURLToPath(new URL(`${rootFromHere()}out/renderer`, import.meta.url))),
    })

    async function limitTenant(actor: Actor): Promise<void> {
      if (!actor.scope) return
      const points =
        (await tenantOf(actor.scope.tenant_id))?.limits.api_requests_per_minute ??
        config.default_limits.api_requests_per_minute
      const verdict = await limiter.consume(`api:${actor.scope.tenant_id}`, { points, seconds: 60 })
      if (!verdict.allowed)
        throw new RelayError('RATE_LIMITED', { retry_after_seconds: Math.ceil(verdict.retry_after_ms / 1000) })
    }

    if (config.demo_calls > 0) simulation.startTraffic(demoLines(), config.demo_calls)

    return {
      url,
      simulation,
      live_calls: () => live.count,
      async close(drain_ms) {
        isStopping = true
        await simulation.stopTraffic()
        await untilNone(() => live.count, drain_ms)
        live.endAll('The relay', STOPPING)
        // The carrier asks once more what to say; a relay that is gone by then leaves callers with an error message.
        await untilNone(() => live.count + live.unasked, 3_000)
        await spool.flushed()
        await closeAll(closers)
      },
    }
  } catch (error) {
    await closeAll(closers).catch(() => {})
    throw error
  }
}

// ---- small things the doors need

/** The port is taken before the store is open; whoever knocks in between is told to come again, not left waiting. */
const notReadyYet: RequestListener = (_req, res) => void res.writeHead(503, { 'Retry-After': '1' }).end()

/** @throws RelayError with one sentence when the port is taken or not allowed */
function listen(server: Server, config: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(portSentence(error, config.port), { cause: error })),
    )
    server.listen(config.port, config.demo ? DEMO_HOST : undefined, () => {
      const { port } = server.address() as AddressInfo
      resolve(`${config.tls ? 'https' : 'http'}://127.0.0.1:${port}`)
    })
  })
}

function portSentence(error: NodeJS.ErrnoException, port: number): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken by another program. Set PORT to a free one.`
  if (error.code === 'EACCES') return `Port ${port} may not be used by this user. Set PORT to one above 1023.`
  return `The relay cannot listen on port ${port}: ${error.message}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function closeAll(closers: (() => void | Promise<void>)[]): Promise<void> {
  for (const close of closers.reverse()) await close()
}

async function untilNone(count: () => number, within_ms: number): Promise<void> {
  const end = Date.now() + within_ms
  while (count() > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
}

function given<T>(value: T | null): T {
  if (value === null) throw new Error('An outside service is neither configured nor simulated.')
  return value
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/** From this file to the project's folder: sources lie one level deep, the build two deeper. */
const rootFromHere = (): string => (existsSync(new URL('../package.json', import.meta.url)) ? '../' : '../../../')

function packageVersion(): string {
  const text = readFileSync(new URL(`${rootFromHere()}package.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
