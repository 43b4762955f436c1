// One room in memory that the sockets of this process are read into, one after the other. Node makes 64 KiB for each read
// otherwise and gives most of it back, which was measured to be a seventh of what a call costs.
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Room } from './room.ts'

/** As much as Node reads at once. */
const ROOM_BYTES = 64 * 1024
let room: Room | null = null

type OnBytes = (bytes: Buffer, words?: Int32Array) => void

/**
 * Reads a socket that nobody reads yet.
 * @param head what of it was read before
 * @param onBytes called with what came, never from within this call, and with its words where they are at hand. They mean
 *   nothing after it has returned.
 * @returns the socket to use from here on: a plain one is taken over by another, and closes with it
 * @source Node, `onread` of net.Socket; `handle`, which is not public, as lib/internal/child_process.js uses it. Where
 *   there is none (an encrypted socket, another Node) the socket is read as usual.
 */
export function readIntoRoom(socket: Duplex, head: Buffer, onBytes: OnBytes): Duplex {
  const own = takeOver(socket, onBytes)
  if (own === null) {
    if (head.length > 0) socket.unshift(head)
    socket.on('data', onBytes)
    return socket
  }
  const rest = socket.read() as Buffer | null
  // The server it came from counts it as open until then.
  own.on('close', () => socket.destroy())
  const before = rest ? Buffer.concat([head, rest]) : head
  // Before the event loop reads anything else.
  if (before.length > 0) process.nextTick(onBytes, before)
  return own
}

type Handled = Socket & { _handle?: object | null }

function takeOver(socket: Duplex, onBytes: OnBytes): Handled | null {
  if (!(socket instanceof Socket) || 'encrypted' in socket || socket.destroyed || socket.writableLength > 0) return null
  const old: Handled = socket
  const { _handle: handle, allowHalfOpen } = old
  if (!handle) return null
  room ??= new Room(ROOM_BYTES)
  const shared = room
  const callback = (length: number): boolean => {
    onBytes(shared.first(length), shared.words)
    return true
  }
  const options = { handle, allowHalfOpen, onread: { buffer: shared.bytes, callback } }
  const own: Handled = new Socket(options)
  if (own._handle !== handle) return null
  old._handle = null
  return own
}
