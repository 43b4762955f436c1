// Images without a Docker engine: buildah builds the Dockerfile as it is and unpacks the image for a container.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from './commands.ts'

/** Apart from the images of whoever uses this machine. */
export const CACHE = join(homedir(), '.cache', 'phony', 'docker')
const STORAGE = [
  ...['--root', join(CACHE, 'storage'), '--runroot', join(CACHE, 'running')],
  // Works wherever a folder does.
  ...['--storage-driver', 'vfs'],
]

export const buildah = (args: string[]): Promise<string> =>
  run('buildah', [...STORAGE, ...args], { env: { BUILDAH_ISOLATION: 'chroot' } })

/** What an image says of how it is run, in Docker's words. */
export interface ImageConfig {
  User: string
  Env: string[]
  Entrypoint: string[]
  Cmd: string[]
  WorkingDir: string
  StopSignal: string
  ExposedPorts: Record<string, object>
  Volumes: Record<string, object>
  Labels: Record<string, string>
  Healthcheck: { Test: string[] }
}

export interface UnpackedImage {
  config: ImageConfig
  /** Its file system, for one container at a time. */
  root: string
  remove(): Promise<void>
}

const NAME = 'localhost/phony-relay-under-test'

/** @throws (rejects) with the end of the build's output */
export async function buildImage(context: string, node_image: string): Promise<UnpackedImage> {
  // Of a run that was cut off.
  await buildah(['rm', '--all'])
  // What npm has fetched for this checkout need not be fetched again.
  const cache = (await run('npm', ['config', 'get', 'cache'])).trim()
  // Docker's own format: the other one has no HEALTHCHECK. Layers would be a copy of everything for each step.
  const how = ['--format', 'docker', '--layers=false', '--volume', `${cache}:/root/.npm`]
  await buildah(['build', ...how, '--build-arg', `NODE_IMAGE=${node_image}`, '--tag', NAME, context])
  const { Docker } = JSON.parse(await buildah(['inspect', '--type', 'image', NAME])) as {
    Docker: { config: ImageConfig }
  }
  const container = (await buildah(['from', '--pull-never', NAME])).trim()
  return {
    config: Docker.config,
    root: (await buildah(['mount', container])).trim(),
    async remove() {
      await buildah(['rm', container])
      await buildah(['rmi', NAME])
    },
  }
}
