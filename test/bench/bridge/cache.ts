// What the bench makes once and finds again: in the user's cache, not in the tree.
import { homedir } from 'node:os'
import { join } from 'node:path'

export const cacheFolder = (name: string): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'phony', 'bench', name)
