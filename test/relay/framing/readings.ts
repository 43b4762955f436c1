// What comes out of bytes: by our reader, and by the one of `ws`, which is the oracle. In the same words.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { FrameReader, type FrameSink, type ReadingLimits } from '../../../relay/framing/frame-reader.ts'
import type { FrameRule, Role } from '../../../relay/framing/frame-rules.ts'
import { Room } from '../../../relay/framing/room.ts'

export interface Reading {
  kind: 'text' | 'binary' | 'ping' | 'pong' | 'close' | 'refused'
  /** Of a close frame or a refusal; 0 otherwise. */
  code: number
  bytes: Buffer
  /** Why it was refused, as `ws` calls it; empty otherwise. */
  why: string
}

const reading = (kind: Reading['kind'], bytes: Buffer, code = 0, why = ''): Reading => ({ kind, code, bytes, why })
const NOTHING = Buffer.alloc(0)

/** The refusals of ours and what `ws` calls them: it has one name for several, never several for one of ours; of frames it keeps no count. */
export const NAMES_IN_WS: Record<FrameRule, string[]> = {
  reserved_bits: ['WS_ERR_UNEXPECTED_RSV_1', 'WS_ERR_UNEXPECTED_RSV_2_3'],
  unknown_opcode: ['WS_ERR_INVALID_OPCODE'],
  continues_nothing: ['WS_ERR_INVALID_OPCODE'],
  message_in_message: ['WS_ERR_INVALID_OPCODE'],
  fragmented_control: ['WS_ERR_EXPECTED_FIN'],
  control_length: ['WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
  mask_missing: ['WS_ERR_EXPECTED_MASK'],
  mask_unexpected: ['WS_ERR_UNEXPECTED_MASK'],
  close_code: ['WS_ERR_INVALID_CLOSE_CODE'],
  not_utf8: ['WS_ERR_INVALID_UTF8'],
  too_many_frames: [],
  too_many_fragments: ['WS_ERR_TOO_MANY_BUFFERED_PARTS'],
  too_big: ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'],
  length_unsafe: ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'],
}

export type Limits = Required<ReadingLimits>

export function collectingSink(seen: Reading[]): FrameSink {
  return {
    onText: (payload) => seen.push(reading('text', payload)),
    onBinary: (payload) => seen.push(reading('binary', payload)),
    onPing: (payload) => seen.push(reading('ping', payload)),
    onPong: (payload) => seen.push(reading('pong', payload)),
    onClose: (code, reason) => seen.push(reading('close', reason, code)),
    onRefusal: ({ rule, close_code }) =>
      seen.push(reading('refused', NOTHING, close_code, NAMES_IN_WS[rule][0] ?? rule)),
  }
}

export function readByOurs(chunks: Buffer[], role: Role, limits: Limits): Reading[] {
  const seen: Reading[] = []
  const reader = new FrameReader(role, limits, collectingSink(seen))
  for (const chunk of chunks) reader.push(chunk)
  return seen
}

const room = new Room(64 * 1024)

/** As sockets are read: what comes in the same memory, where the next takes its place. */
export function readInRoom(chunks: Buffer[], role: Role, limits: Limits): Reading[] {
  const seen: Reading[] = []
  const reader = new FrameReader(role, limits, collectingSink(seen))
  const roomfuls = chunks.flatMap((chunk) =>
    Array.from({ length: Math.ceil(chunk.length / room.bytes.length) }, (_, n) =>
      chunk.subarray(n * room.bytes.length, (n + 1) * room.bytes.length),
    ),
  )
  for (const bytes of roomfuls) {
    const before = seen.length
    bytes.copy(room.bytes)
    reader.push(room.first(bytes.length), room.words)
    for (let one = before; one < seen.length; one++) seen[one]!.bytes = Buffer.from(seen[one]!.bytes)
  }
  return seen
}

interface WsError extends Error {
  code: string
}
type WsReceiver = Writable & { createError(...args: unknown[]): WsError }
type WsReceiverClass = new (options: Record<string, unknown>) => WsReceiver

/** `ws` does not export its receiver for import, so it is taken by its file. */
const require = createRequire(import.meta.url)
const lib = join(dirname(require.resolve('ws/package.json')), 'lib')
const Receiver = require(join(lib, 'receiver.js')) as WsReceiverClass
const STATUS = (require(join(lib, 'constants.js')) as { kStatusCode: symbol }).kStatusCode

/** Tells a refusal at once: the stream tells it a turn later. */
class Oracle extends Receiver {
  refusal: WsError | null = null
  override createError(...args: unknown[]): WsError {
    this.refusal = super.createError(...args)
    return this.refusal
  }
}

export function readByWs(chunks: Buffer[], role: Role, limits: Limits): Reading[] {
  const seen: Reading[] = []
  let isOver = false
  const oracle = new Oracle({
    isServer: role === 'server',
    maxPayload: limits.max_message_bytes,
    maxFragments: limits.max_fragments,
    skipUTF8Validation: !limits.checks_utf8,
  })
  oracle.on('message', (bytes: Buffer, isBinary: boolean) => seen.push(reading(isBinary ? 'binary' : 'text', bytes)))
  oracle.on('ping', (bytes: Buffer) => seen.push(reading('ping', bytes)))
  oracle.on('pong', (bytes: Buffer) => seen.push(reading('pong', bytes)))
  oracle.on('conclude', (code: number, bytes: Buffer) => {
    isOver = true
    seen.push(reading('close', bytes, code))
  })
  oracle.on('error', () => {})
  for (const chunk of chunks) {
    if (isOver || oracle.refusal) break
    oracle.write(chunk)
  }
  const { refusal } = oracle
  if (refusal) {
    const code = (refusal as unknown as Record<symbol, number>)[STATUS]!
    const [name] = Object.values(NAMES_IN_WS).find((names) => names.includes(refusal.code)) ?? [refusal.code]
    seen.push(reading('refused', NOTHING, code, name))
  }
  return seen
}

/** @returns null when both are the same, or where they part */
export function difference(ours: Reading[], theirs: Reading[]): string | null {
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const mine = ours[i]
    const other = theirs[i]
    const isSame =
      mine !== undefined &&
      other !== undefined &&
      mine.kind === other.kind &&
      mine.code === other.code &&
      mine.why === other.why &&
      mine.bytes.equals(other.bytes)
    if (!isSame) return `#${i}: ours ${inWords(mine)}, ws ${inWords(other)}`
  }
  return null
}

const inWords = (one: Reading | undefined): string =>
  one ? `${one.kind} ${one.code} ${one.why} ${one.bytes.toString('hex').slice(0, 80)} (${one.bytes.length})` : 'nothing'
