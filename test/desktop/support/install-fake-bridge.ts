// Puts a fake Bridge on the window, as Electron's preload puts the real one. Options come from the page that opens it.
import type { FakeBridge, FakeOptions } from './fake-bridge.ts'
import { fakeBridge } from './fake-bridge.ts'
import { fewCalls, floorCalls, manyCalls } from './fake-calls.ts'
import { floorSession } from './fake-open-call.ts'

declare global {
  interface Window {
    fake: FakeBridge
    fakeOptions?: FakeOptions & { few?: boolean; many?: number }
    /** Tells the newest words of every call, as if they had just been said. */
    fakeWords: () => void
  }
}

const { few, many, ...options } = window.fakeOptions ?? {}
const now = Date.now()
const live = few ? fewCalls(now) : many ? manyCalls(now, many) : floorCalls(now, options.calls)
window.fake = fakeBridge({ ...options, live })
window.fakeWords = () => {
  for (const call of window.fake.calls.values()) {
    if (call.ended_at !== null) continue
    for (const turn of floorSession(call).transcript.slice(-3)) {
      window.fake.say({ event_type: 'call.transcript', call_sid: call.call_sid, turn })
    }
  }
}
Object.assign(window, { phony: window.fake })
