// Builds the Dockerfile as it is, runs the image as docker-compose.yml says, and puts signed calls through it:
//
//   node --import tsx test/docker/build-and-call.ts
//
// Without a Docker engine: buildah builds, runc runs, the base image is made here. As root, on Linux. The last line is the
// count. What is missing on this machine is named; in CI that is a failure.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseImage } from './base-image.ts'
import { buildImage, CACHE, type UnpackedImage } from './buildah.ts'
import { type Checks, startChecks } from './checks.ts'
import { isInstalled } from './commands.ts'
import { rulesOfAlone } from './rules-alone.ts'
import { rulesOfComposed } from './rules-composed.ts'
import { rulesOfFiles } from './rules-of-files.ts'
import { rulesOfImage } from './rules-of-image.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TOOLS = ['buildah', 'debootstrap', 'runc', 'docker-compose', 'redis-server', 'python3', 'npm', 'tar']
const say = (text: string): void => void process.stdout.write(`${text}\n`)

function missing(): string[] {
  if (process.platform !== 'linux') return ['Linux']
  return [...TOOLS.filter((tool) => !isInstalled(tool)), ...(process.getuid?.() === 0 ? [] : ['root'])]
}

async function everything(checks: Checks): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'phony-docker-'))
  let image: UnpackedImage | undefined
  try {
    say('\ndocker-compose.yml and docs/operations.md')
    const composed = await rulesOfFiles(checks, ROOT, folder)
    say('\nthe image')
    await checks.rule('the Dockerfile builds', async () => {
      mkdirSync(CACHE, { recursive: true })
      image = await buildImage(ROOT, await baseImage())
    })
    if (!image) return
    await rulesOfImage(checks, ROOT, image)
    say('\nthe image alone, without any setting')
    await rulesOfAlone(checks, image, folder)
    say('\nthe image as docker-compose.yml runs it, with MongoDB, Redis and an outside of its own')
    if (composed) await rulesOfComposed(checks, { image, composed, folder })
  } finally {
    await image?.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const absent = missing()
const checks = startChecks()
if (absent.length > 0) say(`The Docker image was left out: this machine lacks ${absent.join(', ')}.`)
else
  await everything(checks).catch((error: unknown) =>
    checks.rule('the run goes on to its end', () => Promise.reject(error)),
  )
const failed = checks.failed + (absent.length > 0 && process.env.CI ? 1 : 0)
say(`\n${checks.passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
