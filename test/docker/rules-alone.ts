// `docker run` and nothing more: the store lies in the volume, the phone network and the model are simulated.
import { equal, match, notEqual, ok } from 'node:assert/strict'
import { chownSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../support/relay-process.ts'
import type { UnpackedImage } from './buildah.ts'
import type { Checks } from './checks.ts'
import { type Container, startContainer } from './container.ts'

/** A volume as it is when new: with the owner and mode that the image gives its place. */
export function newVolume(folder: string, name: string): string {
  const path = join(folder, name)
  mkdirSync(path, { mode: 0o700 })
  chownSync(path, 1000, 1000)
  return path
}

/** Runs the image's own health check in it. @returns its exit code */
export async function askHealth(image: UnpackedImage, container: Container, env = {}): Promise<number | null> {
  const [, ...command] = image.config.Healthcheck.Test
  return (await container.exec(command, env)).code
}

export async function rulesOfAlone(checks: Checks, image: UnpackedImage, folder: string): Promise<void> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const data = newVolume(folder, 'data-alone')
  let container: Container | undefined
  try {
    await checks.rule('it starts on a read-only root, without capabilities, and becomes ready', async () => {
      const env = { PORT: String(port) }
      container = await startContainer({ image, folder, env, mounts: { '/data': data }, read_only: [] })
      equal((await fetch(`${url}/health/ready`)).status, 200)
      match(container.output(), /simulated: phone network and model/)
    })
    if (!container) return
    const { exec, signal, ended } = container
    await checks.rule('the relay itself is process 1, of user 1000, and cannot gain anything', async () => {
      const read = async (file: string) => (await exec(['cat', `/proc/1/${file}`])).stdout
      const command = await read('cmdline')
      const lines = (await read('status')).split('\n')
      ok(command.startsWith('node\0out/node/relay/main.js'), command)
      for (const line of ['Uid:\t1000\t1000\t1000\t1000', 'CapEff:\t0000000000000000', 'NoNewPrivs:\t1'])
        ok(lines.includes(line), line)
    })
    await checks.rule('it can write to /data and /tmp and nowhere else', async () => {
      const write = async (path: string) => (await exec(['sh', '-c', `: > ${path}`])).code
      for (const path of ['/data/x', '/tmp/x']) equal(await write(path), 0, path)
      for (const path of ['/x', '/app/x', '/app/out/x', '/etc/x', '/home/node/x', '/var/tmp/x'])
        notEqual(await write(path), 0, path)
      ok(existsSync(join(data, 'spool')), 'Its data is not in the volume.')
    })
    await checks.rule('its health check succeeds, and fails where no relay answers', async () => {
      equal(await askHealth(image, container!), 0)
      equal(await askHealth(image, container!, { PORT: '1' }), 1)
    })
    await checks.rule('it serves the console and the API', async () => {
      match(await (await fetch(`${url}/console/`)).text(), /<script[^>]+src=/)
      equal((await fetch(`${url}/api/openapi.json`)).status, 200)
    })
    await checks.rule('SIGTERM ends it with 0', async () => {
      await signal('TERM')
      equal(await ended, 0, container!.output())
    })
  } finally {
    await container?.remove()
  }
}
