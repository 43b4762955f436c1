// A MongoDB that says what a test has it say, in MongoDB's own wire format: for states into which no server at hand can
// be brought. It reads commands and answers each with one document.
import { createServer } from 'node:net'
import { deserialize, serialize } from 'bson'
import { freePort } from './relay-process.ts'

export interface ScriptedMongo {
  port: number
  close(): Promise<void>
}
type Command = Record<string, unknown>

const HEADER_BYTES = 16
const OP_QUERY = 2004
const OP_MSG = 2013

/** The greeting of the primary of a replica set of one. */
export const PRIMARY = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  setName: 'rs0',
  setVersion: 1,
  minWireVersion: 0,
  maxWireVersion: 25,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
}

/** @param answer to a command, which is named by its first field; `greet` answers `hello` in all its spellings */
export async function startScriptedMongo(
  greet: (host: string) => object,
  answer: (name: string, command: Command) => object | Promise<object> = () => ({ ok: 1 }),
): Promise<ScriptedMongo> {
  const port = await freePort()
  const reply = async (command: Command): Promise<object> => {
    const name = Object.keys(command)[0]!
    return /^(hello|ismaster)$/i.test(name) ? greet(`127.0.0.1:${port}`) : answer(name, command)
  }
  const server = createServer((socket) => {
    let read = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      read = Buffer.concat([read, chunk])
      while (read.length >= HEADER_BYTES && read.length >= read.readInt32LE(0)) {
        const message = read.subarray(0, read.readInt32LE(0))
        read = read.subarray(message.length)
        void reply(commandOf(message)).then((doc) => socket.write(framed(doc, message.readInt32LE(4))))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** @source MongoDB, "Wire Protocol": before its document a query has flags, a name, two numbers, a message 5 bytes */
function commandOf(message: Buffer): Command {
  const isQuery = message.readInt32LE(12) === OP_QUERY
  const at = isQuery ? message.indexOf(0, HEADER_BYTES + 4) + 9 : HEADER_BYTES + 5
  return deserialize(message.subarray(at, at + message.readInt32LE(at)))
}

function framed(doc: object, answers: number): Buffer {
  const body = serialize(doc)
  const head = Buffer.alloc(HEADER_BYTES + 5)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(answers, 8)
  head.writeInt32LE(OP_MSG, 12)
  return Buffer.concat([head, body])
}
