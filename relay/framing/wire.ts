// Two ways to the same thing: our own framing, and the library's, which a setting falls back to.
import type { Duplex } from 'node:stream'
import type { Framed, FramedListener, FramedOptions } from './framed.ts'
import { acceptUpgrade, type UpgradeRequest } from './handshake.ts'
import { type OpeningListener, type OpenOptions, openFramed } from './open-framed.ts'
import { acceptByLibrary, openByLibrary } from './ws-framed.ts'

export interface Wire {
  /** Upgrades the connection of a request; null when it was refused, which the other side has been told. */
  accept(
    request: UpgradeRequest,
    socket: Duplex,
    head: Buffer,
    listener: FramedListener,
    options: FramedOptions,
  ): Framed | null
  /** Opens a connection as a client; failures come as calls of the listener. */
  open(options: OpenOptions, listener: OpeningListener): Framed
}

export const WIRES: { own: Wire; ws: Wire } = {
  own: { accept: acceptUpgrade, open: openFramed },
  ws: { accept: acceptByLibrary, open: openByLibrary },
}
export type WireName = keyof typeof WIRES
