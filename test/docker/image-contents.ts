// What lies in the image: what runs, readable and not writable by the relay, and nothing of how it was made.
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { join, relative } from 'node:path'

interface File {
  /** From the image's root. */
  path: string
  stats: Stats
}

/** Every file and folder of the program, links not followed. */
export function filesOfProgram(root: string): File[] {
  const walk = (folder: string): File[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry: Dirent) => {
      const path = join(folder, entry.name)
      const file = { path: `/${relative(root, path)}`, stats: lstatSync(path) }
      return entry.isDirectory() ? [file, ...walk(path)] : [file]
    })
  return walk(join(root, 'app'))
}

/** Packages of the lock file that only the build or the tests need, and that are in the image all the same. */
export function buildPackagesIn(root: string, lock_file: string): string[] {
  const { packages } = JSON.parse(readFileSync(lock_file, 'utf8')) as { packages: Record<string, { dev?: boolean }> }
  return Object.entries(packages)
    .filter(([path, { dev }]) => dev === true && existsSync(join(root, 'app', path)))
    .map(([path]) => path)
}

/** Sources, maps to sources, tests, settings and keys: none of it runs. */
export const isOddIn = ({ path, stats }: File): boolean =>
  stats.isFile() &&
  (/\.(map|tsbuildinfo|pem|key|sqlite|log)$|\.d\.[cm]?ts$|\/\.(env|npmrc|git)(\/|$)/.test(path) ||
    (/\.tsx?$/.test(path) && !path.includes('/node_modules/')))

export const isWritableByRelay = ({ stats }: File): boolean =>
  !stats.isSymbolicLink() && (stats.uid === 1000 || stats.gid === 1000 || (stats.mode & 0o002) !== 0)

export const mebibytes = (files: File[]): number =>
  files.reduce((sum, { stats }) => sum + (stats.isFile() ? stats.size : 0), 0) / 1024 / 1024
