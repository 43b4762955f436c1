// What of the machine a process uses, who else uses it, and who may run where. Linux only: read from /proc, pinned by
// `taskset` of util-linux.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Of one tick in /proc, on every Linux that Node runs on. */
const TICK_MS = 10

export interface Cores {
  /** The bridge's own. */
  bridge: number
  /** For all that generates load. */
  others: number[]
}

/** @throws with one sentence where nothing can be pinned */
export function pickCores(): Cores {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).error)
    throw new Error('The bench needs Linux, and taskset of util-linux, to give the bridge a core of its own.')
  const allowed = listOf(/^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '')
  const bridge = allowed[1]
  if (bridge === undefined) throw new Error('The bench needs two cores: one for the bridge, one for the load.')
  return { bridge, others: allowed.filter((core) => core !== bridge) }
}

/** `0-2,5` */
function listOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** All threads it has, and those it will have. */
export function pin(pid: number, cores: number[]): void {
  const result = spawnSync('taskset', ['-a', '-c', '-p', cores.join(','), String(pid)], { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`Process ${pid} cannot be pinned: ${result.stderr.trim()}`)
}

/**
 * From now on this process, and all that it starts, comes before everything else on the machine. In a session of its
 * own, because the kernel weighs sessions against each other; as a matter of weight and not of real time, because there a
 * thread may wait for ever for a less urgent one of its own process. Takes the right to do so, which root has.
 * @throws without it
 */
export function beUrgent(): void {
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(MOST_URGENT))
  setPriority(0, URGENT)
}
/** Before the rest of what was started so: a load that is late measures nothing. */
export const comeFirst = (pid: number): void => setPriority(pid, MOST_URGENT)

const URGENT = -10
const AUTOGROUP = '/proc/self/autogroup'
const MOST_URGENT = -20

/** What starts a program on these cores. */
export const pinned = (cores: number[], program: string, args: string[]): [string, string[]] => [
  'taskset',
  ['-c', cores.join(','), program, ...args],
]

/** @returns milliseconds of CPU so far of its threads, to the microsecond; 0 for a process that is gone */
export function cpuMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, thread) => sum + Number(schedstat(`${pid}/task/${thread}`)[0]) / 1e6, 0)
  } catch {
    return 0
  }
}

/** One of these figures, of several processes together. */
export const total = (of: (pid: number) => number, pids: number[]): number =>
  pids.reduce((sum, pid) => sum + of(pid), 0)

/** @returns milliseconds so far in which its main thread could have run and had to wait for its core */
export function waitedMs(pid: number): number {
  return Number(schedstat(String(pid))[1]) / 1e6
}

/** Nanoseconds it ran and waited. Source: proc(5), sched-stats. */
const schedstat = (thread: string): string[] => readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')

export function residentKb(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
}

export function childrenOf(pid: number): { pid: number; command: string }[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((child) => child !== '' && existsSync(`/proc/${child}`))
    .map((child) => ({
      pid: Number(child),
      command: readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' '),
    }))
}

/** @returns busy milliseconds so far of each of these cores together, with what the host took away */
export function busyMs(cores: number[]): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  return cores.reduce((sum, core) => {
    const fields =
      lines
        .find((line) => line.startsWith(`cpu${core} `))
        ?.split(/\s+/)
        .slice(1)
        .map(Number) ?? []
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields
    return sum + (user + nice + system + irq + softirq + steal) * TICK_MS
  }, 0)
}
