// The base image of the Dockerfile without a registry of images: Debian by debootstrap, Node by npm, the user `node`. It
// stands in for `node:<line>-bookworm-slim`, has the same Node line, and is kept for the next run.
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buildah, CACHE } from './buildah.ts'
import { run } from './commands.ts'

/** Of the line that the Dockerfile names. */
export const NODE_VERSION = '26.12.1'
const DEBIAN = 'bookworm'
const IMAGE = `localhost/phony-node:${NODE_VERSION}-${DEBIAN}`
/** Node 26 wants libatomic1. */
const PACKAGES = 'ca-certificates,libatomic1'
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** @returns the image's name @throws (rejects) when Debian or Node cannot be had */
export async function baseImage(): Promise<string> {
  if ((await buildah(['images', '--quiet', '--filter', `reference=${IMAGE}`])).trim() !== '') return IMAGE
  const folder = join(CACHE, 'base')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, DEBIAN, folder])
    await addNode(folder)
    await run('chroot', [folder, 'useradd', '--uid', '1000', '--user-group', '--create-home', 'node'])
    await commit(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return IMAGE
}

async function addNode(folder: string): Promise<void> {
  const packed = join(CACHE, 'node')
  rmSync(packed, { recursive: true, force: true })
  mkdirSync(packed, { recursive: true })
  const name = `node-linux-${process.arch}@${NODE_VERSION}`
  const file = (await run('npm', ['pack', '--silent', '--pack-destination', packed, name])).trim()
  await run('tar', ['-xzf', join(packed, file), '-C', packed, 'package/bin/node'])
  const bin = join(folder, 'usr', 'local', 'bin')
  const modules = join(folder, 'usr', 'local', 'lib', 'node_modules')
  mkdirSync(modules, { recursive: true })
  copyFileSync(join(packed, 'package', 'bin', 'node'), join(bin, 'node'))
  chmodSync(join(bin, 'node'), 0o755)
  cpSync(join((await run('npm', ['root', '--global'])).trim(), 'npm'), join(modules, 'npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(bin, 'npm'))
  rmSync(packed, { recursive: true, force: true })
}

async function commit(folder: string): Promise<void> {
  // A registry that this machine trusts by a certificate of its own must be trusted in the build too.
  const hasOwn = process.env.NODE_EXTRA_CA_CERTS && existsSync(process.env.NODE_EXTRA_CA_CERTS)
  if (hasOwn) copyFileSync(process.env.NODE_EXTRA_CA_CERTS!, join(folder, CERTIFICATES))
  for (const cache of ['var/cache/apt', 'var/lib/apt/lists'])
    rmSync(join(folder, cache), { recursive: true, force: true })
  const container = (await buildah(['from', 'scratch'])).trim()
  await buildah(['add', '--quiet', container, folder, '/'])
  await buildah(['config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container])
  if (hasOwn) await buildah(['config', '--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, container])
  await buildah(['commit', '--quiet', '--format', 'docker', container, IMAGE])
  await buildah(['rm', container])
}
