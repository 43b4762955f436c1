// What the image says of itself, and what lies in it.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { UnpackedImage } from './buildah.ts'
import type { Checks } from './checks.ts'
import { buildPackagesIn, filesOfProgram, isOddIn, isWritableByRelay, mebibytes } from './image-contents.ts'

/** The program with all its packages; the base image is not ours. */
const LARGEST_MIB = 130

export async function rulesOfImage(
  checks: Checks,
  root: string,
  { config, root: image }: UnpackedImage,
): Promise<void> {
  const files = filesOfProgram(image)
  const paths = (kept: typeof files): string[] => kept.map(({ path }) => path).slice(0, 10)

  await checks.rule('it runs as a user that is not root, and says so by number', () => equal(config.User, '1000:1000'))
  await checks.rule('it says what it is, how it is stopped, asked for its health, and where its data lies', () => {
    equal(config.Labels['org.opencontainers.image.title'], 'Phony relay')
    equal(config.StopSignal, 'SIGTERM')
    equal(config.Healthcheck.Test[0], 'CMD')
    deepEqual(Object.keys(config.ExposedPorts), ['8080/tcp'])
    deepEqual(Object.keys(config.Volumes), ['/data'])
    const { uid, gid, mode } = statSync(join(image, 'data'))
    deepEqual({ uid, gid, mode: mode & 0o777 }, { uid: 1000, gid: 1000, mode: 0o700 })
  })
  await checks.rule('it has no secret among its settings', () =>
    deepEqual(
      config.Env.filter((line) => /SECRET|TOKEN|PASSWORD|API_KEY|MASTER/.test(line)),
      [],
    ),
  )
  await checks.rule('it has no package that only the build or the tests need', () =>
    deepEqual(buildPackagesIn(image, join(root, 'package-lock.json')), []),
  )
  await checks.rule('it has no sources, no maps to them, no settings, no keys', () =>
    deepEqual(paths(files.filter(isOddIn)), []),
  )
  await checks.rule('the relay may not change its own program', () =>
    deepEqual(paths(files.filter(isWritableByRelay)), []),
  )
  const size = mebibytes(files)
  await checks.rule(`the program is not large: ${size.toFixed(0)} MiB of at most ${LARGEST_MIB}`, () => {
    ok(size > 20, 'It is too small to be the program.')
    ok(size <= LARGEST_MIB)
  })
}
