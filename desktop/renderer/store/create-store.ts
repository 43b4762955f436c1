// The one store of the console: vanilla, so that it knows no React.

import type { StoreApi } from 'zustand/vanilla'
import { createStore } from 'zustand/vanilla'
import type { ConsoleState } from './state.ts'
import { initialState } from './state.ts'

export type ConsoleStore = StoreApi<ConsoleState>

/** @param start what differs from an empty console, for tests. @source style.md section 9 */
export function createConsoleStore(start: Partial<ConsoleState> = {}): ConsoleStore {
  return createStore<ConsoleState>(() => ({ ...initialState(), ...start }))
}
