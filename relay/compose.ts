// The program, read from top to bottom: every object is made here and handed to those who need it. Nothing else news
// things up, but `compose-state.ts`, and `compose-worker.ts` for a call worker. What is opened is closed in the reverse
// order.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { IsolationLevel } from '../shared/contract/tenants.ts'
import { createAccessService } from './access/access-service.ts'
import type { Actor } from './access/actor.ts'
import { liveSessions } from './access/live-sessions.ts'
import { createPasswords } from './access/passwords.ts'
import { createTokens } from './access/tokens.ts'
import { createAgentService } from './agents/agent-service.ts'
import { correctCost, rollUpCall } from './analytics/analytics-records.ts'
import { createAnalyticsService } from './analytics/analytics-service.ts'
import { createAnswerCall } from './calls/answer-call.ts'
import { type JournalRecord, reviveDates } from './calls/call-facts.ts'
import { applyFacts } from './calls/call-records.ts'
import { createCallRouting } from './calls/call-routing.ts'
import { createCallService } from './calls/call-service.ts'
import { createCarrierMinutes, createCountMinutes } from './calls/carrier-minutes.ts'
import { createCloseLostCall } from './calls/close-lost-call.ts'
import { closeOpenCalls } from './calls/close-open-calls.ts'
import { PRICES } from './calls/prices.ts'
import { createStatusReports } from './calls/status-reports.ts'
import { createStreamReports } from './calls/stream-reports.ts'
import { watchHandOvers } from './calls/watch-hand-overs.ts'
import { stateHere, stateInRedis } from './compose-state.ts'
import type { Config } from './config.ts'
import { createContextService } from './context/context-service.ts'
import { WIRES } from './framing/wire.ts'
import { createApp } from './http/app.ts'
import { bindRoutes } from './http/bind-routes.ts'
import { consolePages } from './http/console.ts'
import { serveEvents } from './http/event-socket.ts'
import { GatheredWrites } from './http/gathered-writes.ts'
import { healthRoutes, watchHealth } from './http/health.ts'
import { idempotency } from './http/idempotency.ts'
import { serveListening } from './http/listen-socket.ts'
import { listen } from './http/listening.ts'
import { createMetrics } from './http/metrics.ts'
import { watchDisk } from './http/metrics-disk.ts'
import { metricsPage } from './http/metrics-page.ts'
import { ProcessMeter, type ProcessReport } from './http/metrics-process.ts'
import { timeRequests } from './http/metrics-requests.ts'
import { tapEvents, tapSpool } from './http/metrics-taps.ts'
import { letSocketsIn } from './http/upgrades.ts'
import { AudioMeters } from './live/audio-meters.ts'
import { type CallFloor, localFloor } from './live/call-floor.ts'
import { LiveCalls } from './live/live-calls.ts'
import { watchLoop } from './live/loop-pressure.ts'
import { numberRoutesOf } from './numbers/number-records.ts'
import { createNumberService } from './numbers/number-service.ts'
import { openaiRealtime } from './openai/realtime-session.ts'
import { realtimeVoices } from './openai/voices.ts'
import { systemClock } from './platform/clock.ts'
import { messageOf, RelayError } from './platform/errors.ts'
import type { Logger } from './platform/logger.ts'
import { ownSecret } from './platform/own-secret.ts'
import type { CallRef } from './platform/ports.ts'
import { openRedis } from './redis/redis-connection.ts'
import { type Simulation, startSimulation } from './simulator/simulation.ts'
import { holdDataFolder } from './store/data-folder-lock.ts'
import type { DocStore } from './store/doc-store.ts'
import { openEmbeddedStore } from './store/embedded-store.ts'
import { openMongoStore } from './store/mongo-store.ts'
import { openSpool } from './store/spool.ts'
import { tenantScope } from './store/tenant-scope.ts'
import { demoLines, simulatedNumbers } from './tenants/demo-tenants.ts'
import { addFirstAdmin, demoUsers, letDemoUsersIn, seedDemo } from './tenants/first-tenants.ts'
import { tenantReader, tenants } from './tenants/tenant-records.ts'
import { createTenantService } from './tenants/tenant-service.ts'
import { createVersionQuota } from './tenants/version-quota.ts'
import { mediaDoor } from './twilio/media-door.ts'
import { twilioNumbers, voiceUrls } from './twilio/number-provider.ts'
import { signatureCheck } from './twilio/signature.ts'
import { twilioTelephony } from './twilio/telephony.ts'
import { createTwilioClient } from './twilio/twilio-client.ts'
import { STREAM_PATH, streamUrl, twilioWebhooks } from './twilio/webhooks.ts'
import { createWorkerPool } from './workers/worker-pool.ts'

export interface Relay {
  /** Where it listens. */
  url: string
  /** The simulated outside, for tests and the demo; null parts are real. */
  simulation: Simulation
  live_calls(): number
  /** The processes that carry calls, beside this one. */
  worker_pids(): number[]
  /** Takes no new calls, lets those in progress go on for so long, then ends everything. */
  close(drain_ms: number): Promise<void>
}

const TRANSCRIPTION_MODELS = ['gpt-transcribe', 'gpt-4o-mini-transcribe']
/** What callers hear when the relay has to stop under them. */
const STOPPING =
  'I am sorry, we have to end this call for technical reasons. Please call again in a few minutes. Goodbye.'
/** The demo's passwords are known to everyone, so it is reached from this machine only. */
const DEMO_HOST = '127.0.0.1'
const HAND_OVER_WITHIN_MS = 2_000
/** The carrier asks what to say within seconds. */
const FAREWELL_SECONDS = 60
/** What a store that is away has not taken by then stays in the spool for the next start. */
const FLUSH_WITHIN_MS = 5_000
/** Somebody who reads a call waits no longer for its last facts. */
const SETTLED_WITHIN_MS = 1_000
/** A console shows what it is told ten times a second: more writes to it than twenty are of no use to anybody. */
const EVENT_WRITES_EVERY_MS = 50
/** Calls that no relay has closed long after they must have ended are looked for so often. */
const FORGOTTEN_EVERY_MS = 3_600_000

export async function compose(config: Config, log: Logger): Promise<Relay> {
  const clock = systemClock
  const closers: (() => void | Promise<void>)[] = []
  const later = <T extends { close(): void | Promise<void> }>(opened: T): T => {
    closers.push(() => opened.close())
    return opened
  }

  try {
    // ---- where it listens comes first: its address is part of what the carrier signs
    const door = later(
      await listen({ port: config.port, tls: config.tls, ...(config.demo ? { host: DEMO_HOST } : {}) }),
    )
    const public_url = config.public_url ?? door.url
    const relay_id = ownSecret(config.data_dir, 'relay-id').slice(0, 16)

    // ---- the store, and the state that relays share
    if (config.mongodb) later(await holdDataFolder(config.data_dir))
    const store = later(await openStore(config, log))
    const redis = config.redis && later(await openRedis({ ...config.redis, log }))
    const tenantOf = tenantReader(store, clock, config.default_limits)
    const quota = createVersionQuota({ store, tenantOf })
    const shared = redis ? stateInRedis({ redis, clock, log }) : stateHere({ store, clock, log })
    const { limiter, leases, directory, lines, sessions, tickets, streamTickets, farewells, answers } = shared

    // ---- what operators watch
    const meter = later(new ProcessMeter())
    const disk = watchDisk({ dir: `${config.data_dir}/spool`, clock })
    const metrics = createMetrics({
      version: packageVersion(),
      processes: () => processes(),
      live_calls: () => floor.byTenant,
      spool: () => spool.pending(),
      health: () => healthWatch.look(),
    })
    const events = tapEvents(shared.events, metrics)

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
    const countMinutes = createCountMinutes({ prices: PRICES, correctRollUp: correctCost })
    const spool = later(
      await openSpool<JournalRecord>({
        dir: `${config.data_dir}/spool`,
        log,
        apply: (records) => {
          const scope = tenantScope(records[0]!.tenant_id, 'relay')
          const tenant = store.forTenant(scope)
          return applyFacts(store, scope, records.map(reviveDates), async (call) => {
            await rollUpCall(tenant, call)
            await countMinutes(tenant, call)
          })
        },
      }),
    )
    const settled = (call_sid: string) => spool.flushed({ key: call_sid, within_ms: SETTLED_WITHIN_MS })
    const facts = tapSpool(spool, { metrics, disk })
    await spool.flushed()
    const closeCalls = async (whose: 'own' | 'forgotten'): Promise<void> => {
      const closed = await closeOpenCalls({ store, lay: (record) => facts.append(record), relay_id, clock, whose })
      if (closed > 0) log.warn('Calls that nobody carried any more were closed', { calls: closed, whose })
    }
    await closeCalls('own')
    const forgotten = setInterval(
      () =>
        void closeCalls('forgotten').catch((error: unknown) =>
          log.warn('Forgotten calls could not be looked for', { error: messageOf(error) }),
        ),
      FORGOTTEN_EVERY_MS,
    )
    closers.push(() => clearInterval(forgotten))

    // ---- calls in progress: in this process, or in workers
    const closeLost = createCloseLostCall({ spool: facts, directory, leases, events, log })
    const bus = later(watchHandOvers({ bus: shared.bus, directory, store, closeLost, clock, log }))
    const context = createContextService({
      store,
      bus,
      events,
      quota,
      flushed: (key) => spool.flushed({ key }),
      settled,
      clock,
    })
    const realtime = {
      base_url: openai.base_url,
      api_key: openai.api_key,
      model: config.realtime_model,
      transcription_models: TRANSCRIPTION_MODELS,
    }
    const around = {
      telephony,
      spool: facts,
      events,
      bus,
      directory,
      lines,
      leases,
      closeLost,
      clock,
      log,
      keepFarewell: (call_sid: string, say: string | null) =>
        void farewells
          .put(call_sid, { say }, FAREWELL_SECONDS)
          .catch((error: unknown) =>
            log.warn('What the carrier is to say is known to this relay only', { call_sid, error: messageOf(error) }),
          ),
      takeStreamTicket: (token: string) => streamTickets.take(token),
      fetchCall: async (call: CallRef) =>
        (await bus.send(call, { type: 'hand_over', relay_id }, HAND_OVER_WITHIN_MS))?.moved ?? null,
      announceContext: (call: CallRef, version: number) =>
        void context.announce(call, version).catch((error: unknown) =>
          log.error('A context version could not be announced', {
            tenant_id: call.tenant_id,
            call_sid: call.call_sid,
            error: messageOf(error),
          }),
        ),
    }
    let worker_pids = (): number[] => []
    let workers: (() => { wanted: number; up: number }) | undefined
    let processes: () => ProcessReport[]
    let floor: CallFloor
    if (config.workers > 0) {
      const pool = later(
        createWorkerPool({ ...around, workers: config.workers, settings: { realtime, framing: config.framing } }),
      )
      await pool.start()
      worker_pids = () => pool.pids
      workers = () => ({ wanted: config.workers, up: pool.up })
      processes = () => [{ process: 'front', ...meter.usage(), bridge: null }, ...pool.reports]
      floor = pool
    } else {
      const wire = WIRES[config.framing]
      const pressure = later(watchLoop())
      const live = new LiveCalls({
        ...around,
        openRealtimeSession: openaiRealtime(realtime, wire),
        realtimeVoices,
        prices: PRICES,
        pressure,
        meters: new AudioMeters(),
      })
      const media = later(
        mediaDoor({
          wire,
          claimStream: (...start) => live.claimStream(...start),
          pressure,
          log,
        }),
      )
      processes = () => [{ process: 'front', ...meter.usage(), bridge: { ...live.totals, letters_dropped: 0 } }]
      floor = later(localFloor(live, media.take))
    }

    // ---- the nouns
    let isStopping = false
    const passwords = createPasswords()
    const access = createAccessService({
      store,
      limiter,
      passwords,
      tenantOf,
      clock,
      sessions: liveSessions({ sessions, clock }),
      tickets,
      tokens: createTokens(config.jwt_secret ?? ownSecret(config.data_dir, 'jwt-secret')),
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
    const agents = createAgentService({
      store,
      events,
      clock,
      numbers,
      tenantOf,
      quota,
      statistics: analytics.statistics,
    })
    const calls = createCallService({ store, bus, directory, events, tenantOf, settled })
    const routing = later(createCallRouting({ store, clock, log }))
    const { answerCall, decided } = createAnswerCall({
      store,
      routing,
      floor,
      bus,
      streamTickets,
      leases,
      limiter,
      relay_id,
      clock,
      log,
      recordRefused: (record) =>
        facts.append({
          key: record.call_sid,
          tenant_id: record.tenant_id,
          seq: 1,
          fact: { type: 'call_opened', record },
        }),
      countRefused: (tenant_id, reason) => metrics.callRefused(tenant_id, reason),
      isStopping: () => isStopping,
      isOverloaded: () => floor.isOverloaded,
      isDiskFull: async () => (await disk.look()).is_full,
    })

    const minutes = later(createCarrierMinutes({ store, countMinutes, settled, clock, log }))

    // ---- what an empty store begins with
    const beginnings = {
      store,
      passwords,
      provider,
      clock,
      isolation_level: config.isolation_level,
      limits: config.default_limits,
    }
    await letDemoUsersIn(beginnings, config.demo)
    if (config.demo) await seedDemo(beginnings)
    else if (config.admin) await addFirstAdmin(beginnings, config.admin)
    await routing.refresh()

    // ---- the doors
    const signatures = signatureCheck([twilio.auth_token])
    const eventWrites = new GatheredWrites(EVENT_WRITES_EVERY_MS)
    // Both voices of a time come in the same turn of the event loop, and leave in one write.
    const soundWrites = new GatheredWrites(0)
    const closeSockets = letSocketsIn(door.server, {
      public_url,
      media_path: STREAM_PATH,
      isMediaSigned: (req, call_sid) =>
        signatures.isUpgradeSigned(header(req.headers['x-twilio-signature']), streamUrl(public_url, call_sid)),
      takeMedia: (call_sid, ...media) => floor.takeMedia(call_sid, ...media),
      actorOf: access.actorOf,
      takeTicket: access.takeTicket,
      limit: (actor) => limitTenant(actor),
      standingOf: access.standingOf,
      serveEvents: (socket, ...watching) => {
        metrics.socketOpened('events', socket)
        void serveEvents(socket, ...watching, { events, writes: eventWrites, clock })
      },
      serveListening: (socket, wire, actor, call_sid) => {
        metrics.socketOpened('listen', socket)
        void serveListening(socket, wire, call_sid, actor, { lines, writes: soundWrites })
      },
    })
    closers.push(closeSockets)

    const healthWatch = watchHealth({
      pingStore: () => store.ping(),
      isStopping: () => isStopping,
      live_calls: () => floor.count,
      now: () => clock.now(),
      log,
      shared_state: redis ? () => redis.status : undefined,
      disk: () => disk.look(),
      workers,
      isOverloaded: () => floor.isOverloaded,
      spool: () => spool.pending(),
    })
    const app = createApp({
      version: packageVersion(),
      public_url,
      log,
      webhooks: twilioWebhooks({
        public_url,
        signatures,
        answerCall,
        reportStatus: createStatusReports({ store, floor, bus, minutes, decided }),
        streams: createStreamReports({ store, floor, bus, farewells, clock }),
        log,
      }),
      timing: timeRequests(metrics, clock),
      health: healthRoutes(healthWatch),
      metrics: metricsPage(metrics.registry),
      routes: bindRoutes({
        handlers: {
          ...access,
          ...createTenantService({ store, tenantOf, default_limits: config.default_limits, log }),
          ...agents,
          ...numbers,
          ...calls,
          ...context,
          ...analytics,
        },
        actorOf: access.actorOf,
        limit: (actor) => limitTenant(actor),
        idempotency: idempotency(answers),
      }),
      console: consolePages(fileURLToPath(new URL(`${rootFromHere()}out/renderer`, import.meta.url)), public_url),
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

    door.answer(app)
    if (config.demo_calls > 0) simulation.startTraffic(demoLines(), config.demo_calls)

    return {
      url: door.url,
      simulation,
      live_calls: () => floor.count,
      worker_pids: () => worker_pids(),
      async close(drain_ms) {
        isStopping = true
        await simulation.stopTraffic()
        await untilNone(() => floor.count, drain_ms)
        floor.endAll('The relay', STOPPING)
        // The carrier asks once more what to say; a relay that is gone by then leaves callers with an error message.
        await untilNone(() => floor.count + floor.unasked, 3_000)
        await spool.flushed({ within_ms: FLUSH_WITHIN_MS })
        await closeAll(closers)
      },
    }
  } catch (error) {
    await closeAll(closers).catch(() => {})
    throw error
  }
}

/** MongoDB or the embedded store; both know where each tenant lies before anything of it is read. */
async function openStore(config: Config, log: Logger): Promise<DocStore> {
  const levels = new Map<string, IsolationLevel>()
  const placing = {
    isolation_level: config.isolation_level,
    levelOf: (tenant_id: string) => levels.get(tenant_id),
    log,
  }
  const store = config.mongodb
    ? await openMongoStore({ ...config.mongodb, ...placing })
    : await openEmbeddedStore({ data_dir: config.data_dir, ...placing })
  for (const tenant of await tenants(store).find({})) levels.set(tenant.id, tenant.isolation_level)
  return store
}

// ---- small things the doors need

/** The newest first, and each once, however often this is asked for. */
async function closeAll(closers: (() => void | Promise<void>)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
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
