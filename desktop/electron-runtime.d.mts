// The form of electron-runtime.mjs, which is plain JavaScript because it runs from a bare clone.
export interface ElectronRuntime {
  /** The folder with everything of it; what ELECTRON_OVERRIDE_DIST_PATH wants. */
  dist: string
  exe: string
  version: string
  source: 'env' | 'installed' | 'downloaded' | 'old'
}

export function resolveElectron(options?: {
  /** Whether an Electron out of support will do: demos and tests only. */
  allow_old?: boolean
  log?: (line: string) => void
  env?: NodeJS.ProcessEnv
  /** The folder with node_modules. */
  root?: string
}): Promise<ElectronRuntime | null>
