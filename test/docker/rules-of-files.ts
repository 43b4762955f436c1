// The compose file and the page about operations, before anything runs.
import { deepEqual, equal } from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { NODE_VERSION } from './base-image.ts'
import type { Checks } from './checks.ts'
import { type ComposeFile, faultsOf, readComposeFile } from './compose-file.ts'
import { makeSecrets, settingsOfPage, settingsOfRelay } from './operations-page.ts'

/** @returns the compose file, unless it is not valid; its secrets lie beside it in the folder */
export async function rulesOfFiles(checks: Checks, root: string, folder: string): Promise<ComposeFile | null> {
  let composed: ComposeFile | null = null
  const settings = settingsOfRelay(root)

  await checks.rule('the commands of the page make the secrets, in a folder that is closed to others', async () => {
    await makeSecrets(root, folder)
    equal(statSync(join(folder, 'secrets')).mode & 0o777, 0o700)
    equal(readFileSync(join(folder, 'secrets', '.gitignore'), 'utf8').trim(), '*')
  })
  await checks.rule('docker-compose 1.29 takes the compose file', async () => {
    composed = await readComposeFile(root, folder)
  })
  const found: ComposeFile | null = composed
  if (found === null) return null
  const file = found as ComposeFile

  await checks.rule('each service is kept to what it needs', () => deepEqual(faultsOf(file), []))
  await checks.rule('each secret of the compose file is one that the commands make', () => {
    for (const { file: path } of Object.values(file.secrets)) {
      // In a container it is read by another user than its owner.
      equal(statSync(path).mode & 0o444, 0o444, path)
    }
  })
  await checks.rule('the compose file says nothing to the relay that the relay does not know', () => {
    const said = Object.keys(file.services.relay?.environment ?? {}).map((name) => name.replace(/_FILE$/, ''))
    deepEqual(
      said.filter((name) => !settings.includes(name)),
      [],
    )
  })
  await checks.rule('a relay is given longer to stop than its calls may go on', () => {
    const [, minutes = '0', seconds = '0'] =
      /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(file.services.relay?.stop_grace_period ?? '') ?? []
    equal(Number(minutes) * 60 + Number(seconds) > 70, true)
  })
  await checks.rule('the page has every setting of the relay, and no other', () =>
    deepEqual(settingsOfPage(root).sort(), [...settings].sort()),
  )
  await checks.rule('the base image made here has the Node line of the Dockerfile', () => {
    const line = /^ARG NODE_IMAGE=node:(\d+)-bookworm-slim$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))?.[1]
    equal(line, NODE_VERSION.split('.')[0])
  })
  return file
}
