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

/**
 * Its certificates are a chain of three with elliptic curves, as the real one's are.
 * @param model a host and a port @throws where there is no openssl
 */
export async function openTlsDoor(model: string): Promise<TlsDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'phony-bench-tls-'))
  const root = certify(folder, 'root', null, 'basicConstraints=critical,CA:TRUE')
  const issuer = certify(folder, 'issuer', root, 'basicConstraints=critical,CA:TRUE')
  const leaf = certify(folder, 'leaf', issuer, 'subjectAltName=IP:127.0.0.1')
  const cert = Buffer.concat([readFileSync(leaf.certificate), readFileSync(issuer.certificate)])
  const [host, port] = model.split(':')
  const server = createServer({ key: readFileSync(leaf.key), cert }, (outer) => {
    const inner = connect({ host, port: Number(port), noDelay: true })
    outer.setNoDelay(true)
    for (const socket of [outer, inner]) socket.on('error', () => socket.destroy())
    outer.pipe(inner).pipe(outer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: root.certificate,
    close() {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Signer {
  key: string
  certificate: string
}

/** @param by null for one that is signed by itself @returns its files */
function certify(folder: string, name: string, by: Signer | null, extension: string): Signer {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
  const signed = by ? ['-CA', by.certificate, '-CAkey', by.key] : []
  const files = ['-subj', `/CN=${name}`, '-addext', extension, '-keyout', key, '-out', certificate]
  execFileSync('openssl', [...made, ...signed, ...files], { stdio: 'pipe' })
  return { key, certificate }
}
