// What one can do with calls: look, open, listen in, end.
import type { Reply } from '../../../../shared/bridge.ts'
import type { CallSession, CallSummary, Outcome } from '../../../../shared/contract/calls.ts'
import type { AudioPlayer } from '../../lib/audio-player.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import { readCall, readLiveCalls } from '../../store/follow-relay.ts'
import type { ConsoleState, Listened } from '../../store/state.ts'

export interface CallActions {
  select(call_sid: string | null): void
  /** Says whose screen is open: it stays known after its end. */
  show(call_sid: string | null): void
  /** Reads a call whole, so that its transcript and versions are there and stay in step. */
  open(call_sid: string): Promise<Reply<CallSession>>
  readAgain(): Promise<void>
  /** When the newest finished call ended; null when there is none, or it could not be read. */
  lastEnd(): Promise<string | null>
  setView(view: Partial<Pick<ConsoleState, 'density' | 'group' | 'filter' | 'narrowed'>>): void
  toggleListening(call_sid: string): void
  stopListening(): void
  hangUp(call_sid: string, input: { outcome?: Outcome; reason?: string }): Promise<Reply<CallSummary>>
}

export function createCallActions({
  bridge,
  store,
  ticker,
  openAudio,
}: Pick<ConsolePorts, 'bridge' | 'store' | 'ticker' | 'openAudio'>): CallActions {
  let stop: ((how: 'finish' | 'close') => void) | null = null

  const silence = (how: 'finish' | 'close' = 'close') => {
    stop?.(how)
    stop = null
  }
  const stopListening = () => {
    if (store.getState().listening.state === 'off') return
    silence()
    store.setState({ listening: { state: 'off' } })
  }
  // The relay's record does not tell who listened before: one's own is kept here.
  const listened = (call_sid: string, change: (before: readonly Listened[]) => Listened[]) =>
    store.setState(({ listened: all }) => ({ listened: { ...all, [call_sid]: change(all[call_sid] ?? []) } }))
  const listen = (call_sid: string) => {
    const player: AudioPlayer = openAudio()
    const unlisten = bridge.listen(call_sid, (message) => {
      switch (message.type) {
        case 'audio':
          return player.play(message.piece)
        case 'flush':
          return player.flush(message.speaker)
        case 'closed':
          silence('finish')
          return store.setState({ listening: { state: 'closed', call_sid, reason: message.reason } })
      }
    })
    listened(call_sid, (before) => [...before, { from: ticker.real(), to: null }])
    stop = (how) => {
      unlisten()
      player[how]()
      listened(call_sid, (before) => before.map((each) => (each.to === null ? { ...each, to: ticker.real() } : each)))
    }
    store.setState({ listening: { state: 'on', call_sid } })
  }

  return {
    select(call_sid) {
      if (store.getState().selected !== call_sid) store.setState({ selected: call_sid })
    },
    show: (call_sid) => store.setState({ opened: call_sid }),
    open: (call_sid) => readCall(bridge, store, call_sid, ticker.real),
    readAgain: () => readLiveCalls(bridge, store, ticker.real),
    lastEnd: async () => {
      const reply = await bridge.request('listCalls', { query: { limit: 1 } })
      return reply.ok ? (reply.value.items[0]?.ended_at ?? null) : null
    },
    setView: (view) => store.setState(view),
    toggleListening(call_sid) {
      const { listening } = store.getState()
      const was_on = listening.state === 'on' && listening.call_sid === call_sid
      stopListening()
      if (!was_on) listen(call_sid)
    },
    stopListening,
    async hangUp(call_sid, input) {
      const reply = await bridge.request('hangUpCall', { params: { call_sid }, body: input })
      if (reply.ok) store.setState(({ hung_up }) => ({ hung_up: { ...hung_up, [call_sid]: true } }))
      return reply
    },
  }
}
