// What stands before the model where the way to it is TLS, as it is to the real one: ends TLS and passes bytes on. In the
// bench's own process, which has nothing else to do while it measures.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'

export interface TlsDoor extends ModelDoor {
  certificate: string
  close(): void
}

/** Where a bridge finds the model. */
export interface ModelDoor {
  /** A host and a port. */
  address: string
  /** What has to be trusted there: a file. Null where the way is not TLS. */
  certificate: string | null
}

/** @param model a host and a port @throws where there is no openssl */
export async function openTlsDoor(model: string): Promise<TlsDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'phony-bench-tls-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=model']
  const named = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate]
  execFileSync('openssl', [...made, ...named], { stdio: 'pipe' })
  const [host, port] = model.split(':')
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (outer) => {
    const inner = connect({ host, port: Number(port), noDelay: true })
    outer.setNoDelay(true)
    for (const socket of [outer, inner]) socket.on('error', () => socket.destroy())
    outer.pipe(inner).pipe(outer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate,
    close() {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
