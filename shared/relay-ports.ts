// What the relay client is made of: the network, the time, chance, and a place for one secret.
import type { LinkMessage } from './bridge.ts'

/** What of a WebSocket is used; the browser's and that of `ws` both have it. */
export interface SocketLike {
  binaryType: string
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** What of fetch is used. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; headers: { get(name: string): string | null }; text(): Promise<string> }>

export interface RelayClientPorts {
  /** Where the relay is: `https://relay.example`. */
  base_url: string
  fetch: FetchLike
  openSocket(url: string, protocols: string[]): SocketLike
  /** Where the refresh token lies between two starts. */
  secrets: { load(): Promise<string | null>; save(refresh_token: string | null): Promise<void> }
  /** Epoch milliseconds. */
  now(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** 0 to 1, for the spread of retries. */
  random(): number
  /** Told everything that `subscribe` tells. */
  onMessage?(message: LinkMessage): void
}
