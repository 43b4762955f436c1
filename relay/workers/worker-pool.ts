// The floor of calls in worker processes: starts them, gives each new call to the least busy one, hands sockets over,
// and closes in the record what a worker that died had open. What workers ask for is done here. Source: style, Processes.
import type { CallStatus } from '../../shared/contract/calls.ts'
import type { CloseLostCall } from '../calls/close-lost-call.ts'
import type { ProcessReport } from '../http/metrics-process.ts'
import type { CallFloor } from '../live/call-floor.ts'
import { APOLOGY } from '../live/call-machine.ts'
import type { CallAnswer, CallCommand, CallSummaryRecord, LiveCallsDeps } from '../live/live-calls.ts'
import { pause } from '../platform/clock.ts'
import { givePiece } from '../platform/heard-piece.ts'
import type { CallBus, CallLeases, CallRef, Clock, EventLog, ListenLines, LiveDirectory } from '../platform/ports.ts'
import { CarriedCall } from './carried-call.ts'
import { unpackPieces } from './heard-pieces.ts'
import type { WorkerSettings } from './link-methods.ts'
import { WorkerProcess } from './worker-process.ts'

export interface WorkerPoolDeps
  extends Pick<
    LiveCallsDeps,
    'spool' | 'telephony' | 'keepFarewell' | 'takeStreamTicket' | 'fetchCall' | 'announceContext' | 'log'
  > {
  workers: number
  settings: WorkerSettings
  events: Pick<EventLog, 'append' | 'announce'>
  bus: Pick<CallBus<CallCommand, CallAnswer>, 'serve'>
  directory: Pick<LiveDirectory<CallSummaryRecord>, 'put' | 'remove'>
  lines: Pick<ListenLines, 'serve'>
  leases: Pick<CallLeases, 'release' | 'renew'>
  closeLost: CloseLostCall
  clock: Clock
}

export interface WorkerPool extends CallFloor {
  /** Resolves when every worker is up. @throws when one cannot start */
  start(): Promise<void>
  /** Workers that take calls. */
  readonly up: number
  /** How each worker fares, as it said last. */
  readonly reports: ProcessReport[]
  /** For tests and operators. */
  readonly pids: number[]
}

/** A worker that dies at once is started again, but not in a circle. */
const AGAIN_AFTER_MS = 1_000
/** The carrier's last question comes within seconds. */
const REMEMBERED_MS = 60_000
const WORKER_DIED = 'The process that carried the call ended.'

export function createWorkerPool(deps: WorkerPoolDeps): WorkerPool {
  const { clock, log } = deps
  const workers = new Set<WorkerProcess>()
  const calls = new Map<string, CarriedCall>()
  /** Calls of other relays that a worker has fetched and does not serve yet. */
  const arriving = new Map<string, CarriedCall>()
  /** Calls that a worker still answers for after their end, and what is said for those whose worker died. */
  const leaving = new Map<string, WorkerProcess | 'died'>()
  let isClosing = false

  function startWorker(slot: number): WorkerProcess {
    const worker = new WorkerProcess(slot, deps.settings, {
      log,
      methods: (self) => ({
        ready: () => self.isUp(),
        layFact(record) {
          ;(calls.get(record.key) ?? arriving.get(record.key))?.follow(record)
          return deps.spool.append(record)
        },
        append: (event) => deps.events.append(event),
        announce: (event) => deps.events.announce(event),
        list: (call, summary) => calls.has(call.call_sid) && deps.directory.put(call, summary),
        unlist: (call) => deps.directory.remove(call),
        releaseLease: (call) => void deps.leases.release(call.tenant_id, call.call_sid),
        renewLease: (call, ttl_seconds) => void deps.leases.renew(call.tenant_id, call.call_sid, ttl_seconds),
        serve: (call) => serve(self, call),
        unserve: ({ call_sid }) => forget(call_sid, self),
        pieces(packed) {
          for (const { listener_id, piece } of unpackPieces(Buffer.from(packed))) {
            const listener = self.listeners.get(listener_id)
            if (listener) givePiece(piece, listener)
          }
        },
        heardOut(id) {
          self.listeners.get(id)?.onClose()
          self.listeners.delete(id)
        },
        hangUp: (call_sid) => deps.telephony.hangUp(call_sid),
        keepFarewell: deps.keepFarewell,
        takeStreamTicket: deps.takeStreamTicket,
        fetchCall: async (call) => {
          const moved = await deps.fetchCall(call)
          if (moved) arrive(call.call_sid, new CarriedCall(moved.setup.record, self))
          return moved
        },
        announceContext: deps.announceContext,
        log: (level, message, fields) => log[level](message, { ...fields, worker: self.pid }),
        load: (load) => self.reports(load),
      }),
      onExit: () => lost(worker),
    })
    workers.add(worker)
    return worker
  }

  function arrive(call_sid: string, call: CarriedCall): void {
    arriving.set(call_sid, call)
    clock.setTimeout(() => arriving.delete(call_sid), REMEMBERED_MS)
  }

  function serve(worker: WorkerProcess, call: CallRef): void {
    const { call_sid } = call
    const arrived = arriving.get(call_sid)
    if (arrived) calls.set(call_sid, arrived)
    arriving.delete(call_sid)
    calls.get(call_sid)?.serve(
      deps.bus.serve(call, async (command) => {
        const answer = await worker.link.ask('command', call_sid, command)
        // From now on another relay answers for it.
        if (answer.moved) leaving.delete(call_sid)
        return answer
      }),
      deps.lines.serve(call, (person, listener) => worker.listen(call.call_sid, person, listener)),
    )
  }

  function forget(call_sid: string, heir: WorkerProcess | 'died'): void {
    calls.get(call_sid)?.unserve()
    calls.delete(call_sid)
    leaving.set(call_sid, heir)
    clock.setTimeout(() => leaving.delete(call_sid), REMEMBERED_MS)
  }

  /** What the worker had open ends in the record, with all the words that reached us. */
  function lost(worker: WorkerProcess): void {
    workers.delete(worker)
    for (const listener of worker.listeners.values()) listener.onClose()
    for (const [call_sid, call] of calls) {
      if (call.worker !== worker) continue
      forget(call_sid, 'died')
      void deps.closeLost(call.record, WORKER_DIED)
    }
    if (isClosing) return
    log.error('A call worker died; another takes its place', { worker: worker.pid })
    clock.setTimeout(() => isClosing || startWorker(worker.slot), worker.age_ms < AGAIN_AFTER_MS ? AGAIN_AFTER_MS : 0)
  }

  const ready = (): WorkerProcess[] => [...workers].filter((worker) => worker.isReady)
  /** One that keeps up with its calls comes before one that does not. */
  const leastBusy = (): WorkerProcess | null =>
    ready().sort((a, b) => Number(a.isOverloaded) - Number(b.isOverloaded) || carried(a) - carried(b))[0] ?? null
  const carried = (worker: WorkerProcess): number => [...calls.values()].filter((call) => call.worker === worker).length

  /** @throws when no worker is up, not even in a moment */
  async function someWorker(): Promise<WorkerProcess> {
    const free = leastBusy()
    if (free) return free
    await Promise.race([...[...workers].map((worker) => worker.up), pause(clock, AGAIN_AFTER_MS)])
    const late = leastBusy()
    if (!late) throw new Error('No call worker is running.')
    return late
  }

  return {
    get count() {
      return calls.size
    },
    get unasked() {
      return [...workers].reduce((sum, worker) => sum + worker.unasked, 0)
    },
    get byTenant() {
      const counts = new Map<string, number>()
      for (const { record } of calls.values()) counts.set(record.tenant_id, (counts.get(record.tenant_id) ?? 0) + 1)
      return counts
    },
    get up() {
      return ready().length
    },
    get reports() {
      return [...workers].flatMap(({ report }) => report ?? [])
    },
    get pids() {
      return [...workers].map((worker) => worker.pid)
    },
    async start() {
      await Promise.all(Array.from({ length: deps.workers }, (_, slot) => startWorker(slot).up))
    },
    get isOverloaded() {
      const all = ready()
      return all.length > 0 && all.every((worker) => worker.isOverloaded)
    },
    has: (call_sid) => calls.has(call_sid),
    async open(setup) {
      const worker = await someWorker()
      const { call_sid } = setup.record
      calls.set(call_sid, new CarriedCall(setup.record, worker))
      try {
        await worker.link.ask('open', setup)
      } catch (error) {
        calls.delete(call_sid)
        throw error
      }
    },
    carrierEnded(call_sid, status: CallStatus) {
      const worker = calls.get(call_sid)?.worker ?? leaving.get(call_sid)
      if (worker && worker !== 'died') worker.link.tell('carrierEnded', call_sid, status)
      return worker !== undefined
    },
    async carrierAsks(call_sid, is_over) {
      const worker = calls.get(call_sid)?.worker ?? leaving.get(call_sid)
      if (!worker) return null
      const sorry = { say: APOLOGY }
      return worker === 'died' ? sorry : worker.link.ask('carrierAsks', call_sid, is_over).catch(() => sorry)
    },
    streamFailed(call_sid, error) {
      const worker = calls.get(call_sid)?.worker ?? leaving.get(call_sid)
      if (worker && worker !== 'died') worker.link.tell('streamFailed', call_sid, error)
      return worker !== undefined
    },
    takeMedia(call_sid, request, socket, head) {
      const worker = calls.get(call_sid)?.worker ?? leastBusy()
      if (worker) worker.takeMedia(request, socket, head)
      else socket.destroy()
    },
    endAll(by, say) {
      for (const worker of workers) worker.link.tell('endAll', by, say)
    },
    async close() {
      isClosing = true
      await Promise.all([...workers].map((worker) => worker.close()))
    },
  }
}
