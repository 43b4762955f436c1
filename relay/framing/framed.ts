// What a user of a framed connection sees, on either side: what it can do, and what it is told.
import type { Clock } from '../platform/ports.ts'
import type { FrameRate } from './frame-count.ts'
import type { ReadingLimits } from './frame-reader.ts'
import type { HotFrame } from './frame-writer.ts'

/** None is called from within a call of ours, and none after `onClose`. Payloads are views: copy what is kept for long. */
export interface FramedListener {
  onText(payload: Buffer): void
  onBinary(payload: Buffer): void
  onPong(payload: Buffer): void
  /** The connection broke, or the other side broke a rule (`FrameRefusal`). `onClose` follows. */
  onError(error: Error): void
  /** Once, and last. Their code: 1005 when they closed without one, 1006 when they went without closing. */
  onClose(code: number, reason: string): void
}

export interface FramedOptions extends ReadingLimits {
  /** What the other side may send; as much as it likes when there is none. */
  rate?: FrameRate
  /** For the other side to say close, and then to end. */
  close_timeout_ms?: number
  clock?: Clock
}

/** What can be done with a connection, on either side. Nothing is sent and nothing throws when it is not open. */
export interface Framed {
  readonly isOpen: boolean
  /** Not yet taken by the system. It grows when the other side reads too slowly. */
  readonly bufferedBytes: number
  sendText(text: string | Uint8Array): void
  sendBinary(bytes: Uint8Array): void
  /** @param payload ASCII that needs no escape in JSON, such as base64 */
  sendHot(frame: HotFrame, payload: string): void
  ping(): void
  /** @throws RangeError for a code that may not be sent, if the connection is open */
  close(code?: number, reason?: string): void
  /** At once: what was not sent yet is lost. */
  terminate(): void
}
