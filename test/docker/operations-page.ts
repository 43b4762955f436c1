// docs/operations.md against the code: its commands make the secrets, and its table has the settings, all and no others.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'

const page = (root: string): string => readFileSync(join(root, 'docs', 'operations.md'), 'utf8')

/** Runs the commands of the page that make `./secrets`, as they stand there. */
export async function makeSecrets(root: string, folder: string): Promise<void> {
  const commands = /<!-- secrets -->\n+```sh\n([\s\S]*?)```/.exec(page(root))?.[1]
  if (commands === undefined) throw new Error('docs/operations.md has no commands that make the secrets.')
  await run('sh', ['-eu', '-c', commands], { cwd: folder })
}

/** The settings of relay/config.ts, read from its schema's source. */
export function settingsOfRelay(root: string): string[] {
  const source = readFileSync(join(root, 'relay', 'config.ts'), 'utf8')
  const schema = source.slice(source.indexOf('const Environment ='), source.indexOf('.superRefine('))
  return [...schema.matchAll(/^ {4}([A-Z][A-Z_]+):/gm)].map(([, name]) => name!)
}

/** The settings that the first column of the page's table names. */
export function settingsOfPage(root: string): string[] {
  const table = page(root).split('<!-- settings -->')[1] ?? ''
  const firsts = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, first]) => first!)
  return firsts.flatMap((first) => [...first.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!))
}
