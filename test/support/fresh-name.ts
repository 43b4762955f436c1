// Letters and digits that nobody used before, also not another test process on the same server.
import { randomBytes } from 'node:crypto'

export function freshName(): string {
  return randomBytes(8).toString('hex')
}
