// CPU per message of our framing beside that of `ws`, for media frames of 430 bytes:
//
//   node --import tsx test/bench/framing.ts [rounds] [seconds]
//
// Over loopback with the load made in a process of its own, and in memory. Rounds of both take turns, so that a machine
// that gets slower hurts both; what counts is the median of the ratios, never the microseconds.
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { FrameReader } from '../../relay/framing/frame-reader.ts'
import { FrameWriter, HotFrame } from '../../relay/framing/frame-writer.ts'
import type { Load, LoadReport } from './framing-load.ts'
import { FRAME_HEAD, FRAME_TAIL, mediaFrame, PAYLOAD } from './framing-media.ts'
import { overLoopback, type Scenario, SUBJECTS, type SubjectName } from './framing-subjects.ts'

const [rounds = 15, seconds = 1] = process.argv.slice(2).map(Number)
const CONNECTIONS = 200
const MESSAGES_PER_SECOND = 10_000

const require = createRequire(import.meta.url)
const lib = join(dirname(require.resolve('ws/package.json')), 'lib')
const Receiver = require(join(lib, 'receiver.js')) as new (options: object) => Writable
const Sender = require(join(lib, 'sender.js')) as { frame(data: Buffer, options: object): Buffer[] }

type Measure = (subject: SubjectName) => Promise<number>

/** @returns microseconds of CPU per message, user and system */
async function measureLoopback(scenario: Scenario, subject: SubjectName): Promise<number> {
  const generator = fork(fileURLToPath(new URL('./framing-load.ts', import.meta.url)), { execArgv: process.execArgv })
  const said = <T>(what: keyof LoadReport): Promise<T> =>
    new Promise((resolve) => {
      const listen = (report: LoadReport) => {
        if (report[what] === undefined) return
        generator.off('message', listen)
        resolve(report[what] as T)
      }
      generator.on('message', listen)
    })
  const sink = await said<number>('sink_port')
  const bench = await overLoopback(SUBJECTS[subject], scenario, sink, MESSAGES_PER_SECOND)
  const load: Load = {
    port: bench.port,
    connections: CONNECTIONS,
    per_second: scenario === 'send' ? 0 : MESSAGES_PER_SECOND,
  }
  generator.send(load)
  await said('ready')
  await bench.begin(CONNECTIONS)
  const before = process.cpuUsage()
  const count = bench.messages()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const { user, system } = process.cpuUsage(before)
  const messages = bench.messages() - count
  await bench.end()
  generator.kill()
  await new Promise((resolve) => generator.once('exit', resolve))
  return (user + system) / messages
}

/** @returns microseconds per message of doing `run` */
async function measureInMemory(run: () => void): Promise<number> {
  const TIMES = 100_000
  const before = process.cpuUsage().user
  for (let i = 0; i < TIMES; i++) run()
  return (process.cpuUsage().user - before) / TIMES
}

function readingInMemory(subject: SubjectName): () => void {
  const frame = mediaFrame()
  if (subject === 'ws') {
    const receiver = new Receiver({ isServer: true, skipUTF8Validation: true, maxPayload: 65_536 })
    return () => void receiver.write(Buffer.from(frame))
  }
  const nothing = () => {}
  const reader = new FrameReader(
    'server',
    { checks_utf8: false, max_message_bytes: 65_536 },
    { onText: nothing, onBinary: nothing, onPing: nothing, onPong: nothing, onClose: nothing, onRefusal: nothing },
  )
  return () => reader.push(Buffer.from(frame))
}

function writingInMemory(subject: SubjectName, role: 'server' | 'client'): () => void {
  const writer = new FrameWriter(role)
  const hot = new HotFrame(FRAME_HEAD, FRAME_TAIL)
  if (subject === 'ours') return () => void writer.hot(hot, PAYLOAD)
  const options = { fin: true, opcode: 1, mask: role === 'client', readOnly: false }
  return () => void Sender.frame(Buffer.from(`${FRAME_HEAD}${PAYLOAD}${FRAME_TAIL}`), options)
}

const quantile = (values: number[], of: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(Math.floor(values.length * of), values.length - 1)]!
const median = (values: number[]): number => quantile(values, 0.5)

async function compare(what: string, measure: Measure): Promise<void> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const order: SubjectName[] = round % 2 === 0 ? ['ours', 'ws'] : ['ws', 'ours']
    for (const subject of order) (subject === 'ours' ? ours : theirs).push(await measure(subject))
  }
  const ratios = ours.map((value, i) => value / theirs[i]!)
  const us = (values: number[]) => `${median(values).toFixed(2)} us`.padStart(10)
  const spread = `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`
  process.stdout.write(`${what.padEnd(34)}${us(ours)}${us(theirs)}   ${median(ratios).toFixed(2)}  (${spread})\n`)
}

process.stdout.write(`CPU per message of ${rounds} rounds   ours, ws, and the median of ours / ws (its middle half)\n`)
await compare('read, in memory', (subject) => measureInMemory(readingInMemory(subject)))
await compare('write as a server, in memory', (subject) => measureInMemory(writingInMemory(subject, 'server')))
await compare('write as a client, in memory', (subject) => measureInMemory(writingInMemory(subject, 'client')))
await compare('receive, loopback', (subject) => measureLoopback('receive', subject))
await compare('send, loopback', (subject) => measureLoopback('send', subject))
await compare('send two at once, loopback', (subject) => measureLoopback('send-pairs', subject))
await compare('media in, append out, loopback', (subject) => measureLoopback('bridge', subject))
