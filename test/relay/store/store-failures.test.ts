// What fails in the embedded store: what may pass is tried again, what cannot be done is said once.
import { BSON } from 'bson'
import { Query } from 'mingo'
import { expect, it } from 'vitest'
import { failureOf } from '../../../relay/store/store-failures.ts'

const thrownBy = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail.')
}
const sqlite = (errcode: number) => Object.assign(new Error('as SQLite says it'), { errcode })
const loop: Record<string, unknown> = {}
loop.self = loop

it.each([
  ['a document that goes in circles', thrownBy(() => BSON.serialize(loop)), 'NOT_ALLOWED'],
  ['an unknown operator', thrownBy(() => new Query({ a: { $nonsense: 1 } }).test({ a: 1 })), 'NOT_ALLOWED'],
  ['a fault of our own', new TypeError('Cannot read properties of undefined'), 'NOT_ALLOWED'],
  ['a value too big for SQLite', sqlite(18), 'NOT_ALLOWED'],
  ['a constraint that is no duplicate', sqlite(19), 'NOT_ALLOWED'],
  ['a duplicate', sqlite(1555), 'DUPLICATE_KEY'],
  ['a full disk', sqlite(13), 'NO_SPACE'],
  ['a file that another program holds', sqlite(5), 'UNAVAILABLE'],
  [
    'a database that is closed',
    Object.assign(new Error('database is not open'), { code: 'ERR_INVALID_STATE' }),
    'UNAVAILABLE',
  ],
  ['a folder that is gone', Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' }), 'UNAVAILABLE'],
])('%s', (_what, error, code) => {
  expect(failureOf(error, '/').code).toBe(code)
})
