// Puts a fake Bridge on the window, as Electron's preload puts the real one. Options come from the page that opens it.
import type { FakeBridge, FakeOptions } from './fake-bridge.ts'
import { fakeBridge } from './fake-bridge.ts'
import { fewCalls, floorCalls, manyCalls } from './fake-floor.ts'

declare global {
  interface Window {
    fake: FakeBridge
    fakeOptions?: FakeOptions & { few?: boolean; many?: number }
  }
}

const { few, many, ...options } = window.fakeOptions ?? {}
const now = Date.now()
const live = few ? fewCalls(now) : many ? manyCalls(now, many) : floorCalls(now, options.calls)
window.fake = fakeBridge({ ...options, live })
Object.assign(window, { phony: window.fake })
