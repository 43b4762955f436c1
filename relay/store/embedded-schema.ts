// Tables and indexes of a collection, made when it is first used and brought up to its description later on.
import { createHash } from 'node:crypto'
import { deserialize } from 'bson'
import type { IndexSpec } from './doc-store.ts'
import { columnKey, MANY } from './embedded-keys.ts'
import type { Column } from './embedded-plan.ts'
import { checkPath } from './field-paths.ts'
import type { Database } from './sqlite-binding.ts'

const MANY_SQL = `x'${MANY.toString('hex')}'`

/**
 * One transaction: a table that meets a fault halfway stays as it was.
 * @returns the quoted table name and the columns by field path
 */
export function prepareTable(
  db: Database,
  name: string,
  indexes: readonly IndexSpec[],
): { table: string; columns: Map<string, Column> } {
  const table = quoted(name)
  const paths = [...new Set(indexes.flatMap((index) => Object.keys(index.keys)))].filter((path) => path !== '_id')
  const columns = new Map(paths.map((path) => [checkPath(path), { sql: quoted(`k:${path}`), many: false }]))
  const wanted = describeIndexes(name, table, indexes, columns)
  db.exec('BEGIN IMMEDIATE')
  try {
    makeTable(db, table, columns)
    dropOldIndexes(db, table, wanted)
    fitColumns(db, table, columns)
    for (const sql of wanted.values()) db.exec(sql)
    for (const column of columns.values()) column.many = hasMany(db, table, column)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
  return { table, columns }
}

/** The document is the last column: SQLite reads the columns before it without walking its overflow pages. */
function makeTable(db: Database, table: string, columns: Map<string, Column>): void {
  const defined = [...columns.values()].map((column) => `${column.sql} BLOB NOT NULL`)
  const parts = ['_id TEXT PRIMARY KEY NOT NULL', ...defined, 'doc BLOB NOT NULL']
  db.exec(`CREATE TABLE IF NOT EXISTS ${table} (${parts.join()})`)
}

function dropOldIndexes(db: Database, table: string, wanted: Map<string, string>): void {
  const present = namesOf(db, `PRAGMA index_list(${table})`)
  for (const old of present) if (old.startsWith('i:') && !wanted.has(old)) db.exec(`DROP INDEX ${quoted(old)}`)
}

/** A column that is no longer written to would answer with old values if it were asked again one day. */
function fitColumns(db: Database, table: string, columns: Map<string, Column>): void {
  const present = namesOf(db, `PRAGMA table_info(${table})`).filter((column) => column.startsWith('k:'))
  for (const old of present) {
    if (!columns.has(old.slice(2))) db.exec(`ALTER TABLE ${table} DROP COLUMN ${quoted(old)}`)
  }
  const missing = [...columns].filter(([path]) => !present.includes(`k:${path}`))
  if (missing.length > 0) addColumns(db, table, new Map(missing))
}

function namesOf(db: Database, pragma: string): string[] {
  return (db.prepare(pragma).all() as { name: string }[]).map((row) => row.name)
}

/** A field that became indexed later: its column is filled from the documents. */
function addColumns(db: Database, table: string, columns: Map<string, Column>): void {
  for (const { sql } of columns.values()) {
    db.exec(`ALTER TABLE ${table} ADD COLUMN ${sql} BLOB NOT NULL DEFAULT x'02'`)
  }
  const assigned = [...columns.values()].map(({ sql }) => `${sql} = ?`).join()
  const fill = db.prepare(`UPDATE ${table} SET ${assigned} WHERE rowid = ?`)
  const next = db.prepare(`SELECT rowid, doc FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT 1000`)
  type Row = { rowid: number; doc: Uint8Array }
  for (let rows = next.all(0) as Row[]; rows.length > 0; rows = next.all(rows.at(-1)!.rowid) as Row[]) {
    for (const { rowid, doc } of rows) {
      const decoded = deserialize(doc)
      fill.run(...[...columns.keys()].map((path) => columnKey(decoded, path)), rowid)
    }
  }
}

/** @returns what makes each index, by its name, which says what it is */
function describeIndexes(
  name: string,
  table: string,
  indexes: readonly IndexSpec[],
  columns: Map<string, Column>,
): Map<string, string> {
  const wanted = new Map<string, string>()
  const want = (kind: string, tail: string): void => {
    const index = indexName(name, `${kind} ${tail}`)
    wanted.set(index, `CREATE ${kind} IF NOT EXISTS ${quoted(index)} ON ${table} ${tail}`)
  }
  for (const { keys, unique } of indexes) {
    const parts = Object.entries(keys).map(([path, direction]) => {
      const sql = path === '_id' ? '_id' : columns.get(path)!.sql
      return `${sql} ${direction === 1 ? 'ASC' : 'DESC'}`
    })
    // The sort's last field, `_id`, is in the index too, so that a page is read from it without sorting.
    if (!unique && !('_id' in keys)) parts.push(`_id ${Object.values(keys).at(-1) === -1 ? 'DESC' : 'ASC'}`)
    want(unique ? 'UNIQUE INDEX' : 'INDEX', `(${parts.join()})`)
  }
  // Finds documents with several values in a field; almost always empty, so almost free.
  for (const { sql } of columns.values()) want('INDEX', `(${sql}) WHERE ${sql} = ${MANY_SQL}`)
  return wanted
}

function indexName(table: string, described: string): string {
  return `i:${table}:${createHash('sha256').update(described).digest('hex').slice(0, 12)}`
}

function hasMany(db: Database, table: string, { sql }: Column): boolean {
  return db.prepare(`SELECT 1 FROM ${table} WHERE ${sql} = ${MANY_SQL} LIMIT 1`).get() !== undefined
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
