// The demo's callers: keeps about so many calls alive, so that there is always something to watch.
import type { PhoneNetwork } from './phone-network.ts'
import type { Log } from './speech.ts'

export type Business = 'acme' | 'northwind'

export interface DemoTrafficOptions {
  network: PhoneNetwork
  numbers: { phone_number: string; business: Business; agent_type?: string }[]
  /** Calls alive at a time; default 6. */
  concurrent?: number
  /** Same seed, same callers in the same order. Default 1. */
  seed?: number
  log?: Log
}

export interface DemoTraffic {
  close(): Promise<void>
}
