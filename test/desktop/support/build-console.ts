// Builds the console once before the specs, as it ships. PHONY_BUILT=1 says that `out/` is right already.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

export default function buildConsole(): void {
  if (process.env.PHONY_BUILT === '1') return
  const root = resolve(import.meta.dirname, '../../..')
  const bin = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const built = spawnSync(process.execPath, [bin, 'build'], { cwd: root, encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`The console could not be built.\n${built.stdout}\n${built.stderr}`)
}
