// A container of the image, run by runc, as Docker does: process 1, a read-only root, no capabilities, no way to gain any.
// Only the network is this machine's, so that what listens on loopback here is reached.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UnpackedImage } from './buildah.ts'
import { type Ended, run, tryRun } from './commands.ts'

export interface ContainerOptions {
  image: UnpackedImage
  /** For its description and runc's state. */
  folder: string
  env: Record<string, string>
  /** Host path by path in the container; those of `read_only` cannot be written. */
  mounts: Record<string, string>
  read_only: string[]
}

export interface Container {
  /** All it has written, to stdout and stderr. */
  output(): string
  /** Its exit code. */
  ended: Promise<number | null>
  /** Runs a program in it, as Docker does for a health check. */
  exec(args: string[], env?: Record<string, string>): Promise<Ended>
  signal(name: string): Promise<void>
  /** However it stands. */
  remove(): Promise<void>
}

const READY_MS = 120_000

/** @throws (rejects) with what it wrote when it ends before the relay says that it is ready */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const id = `phony-${randomBytes(6).toString('hex')}`
  const bundle = join(options.folder, id)
  mkdirSync(bundle, { recursive: true })
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(descriptionOf(options)))
  const runc = ['--root', join(options.folder, 'runc')]
  const child = spawn('runc', [...runc, 'run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  // It would outlive whoever only started it.
  const removeAtOnce = () => spawnSync('runc', [...runc, 'delete', '--force', id])
  process.once('exit', removeAtOnce)
  const container: Container = {
    output: () => output,
    ended,
    exec: (args, env = {}) => {
      const given = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
      return tryRun('runc', [...runc, 'exec', ...given, id, ...args])
    },
    signal: async (name) => void (await run('runc', [...runc, 'kill', id, name])),
    async remove() {
      await tryRun('runc', [...runc, 'delete', '--force', id])
      await ended
      process.off('exit', removeAtOnce)
    },
  }
  try {
    await ready(child, () => output)
    return container
  } catch (error) {
    await container.remove()
    throw error
  }
}

function ready(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The relay did not become ready: ${output()}`)), READY_MS)
    child.stdout?.on('data', () => {
      if (!/^Phony relay is ready at /m.test(output())) return
      clearTimeout(timer)
      resolve()
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      reject(new Error(`The relay ended with ${code}: ${output()}`))
    })
  })
}

/** Source: OCI runtime specification, config.json */
function descriptionOf({ image, env, mounts, read_only }: ContainerOptions): object {
  const { config, root } = image
  const [uid, gid] = config.User.split(':').map(Number)
  const own = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid, gid },
      args: [...config.Entrypoint, ...config.Cmd],
      env: [...config.Env.filter((line) => !((line.split('=')[0] ?? '') in env)), ...own],
      cwd: config.WorkingDir,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      {
        destination: '/tmp',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'nodev', 'noexec', 'mode=1777', 'size=64m'],
      },
      ...Object.entries(mounts).map(([destination, source]) => ({
        destination,
        type: 'bind',
        source,
        options: ['bind', ...(read_only.includes(destination) ? ['ro'] : [])],
      })),
    ],
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  }
}
