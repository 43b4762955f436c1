// Keeps the sign-in between two starts: the refresh token, encrypted with the computer's keyring. Without a keyring it
// stays in memory, so the next start asks again. It is never written where another program could read it.
import { Notification, safeStorage } from 'electron'
import { z } from 'zod'
import type { RelayClientPorts } from '../../shared/relay-client.ts'
import { readJson, writeJson } from './stored-json.ts'

/** Relay address to ciphertext in base64: a token of one relay is never shown to another. */
const Stored = z.record(z.string(), z.string())

/**
 * The secrets of one relay. Encryption works once the app is ready.
 * @param file where the ciphertext lies
 * @param relay_url whose token it is
 * @throws never; what cannot be kept is kept in memory
 * @source desktop.md section 4, "secrets"
 */
export function keepCredentials(file: string, relay_url: string): RelayClientPorts['secrets'] {
  let in_memory: string | null = null
  let has_said = false
  const stored = () => readJson(file, Stored) ?? {}
  const forget = () => {
    const { [relay_url]: gone, ...others } = stored()
    if (gone !== undefined) writeJson(file, others)
  }
  return {
    async load() {
      if (in_memory !== null || !hasKeyring()) return in_memory
      return decrypt(stored()[relay_url])
    },
    async save(refresh_token) {
      in_memory = refresh_token
      try {
        if (refresh_token === null) return forget()
        if (hasKeyring()) {
          return writeJson(file, { ...stored(), [relay_url]: encrypt(refresh_token) })
        }
      } catch {
        // The disk or the keyring refused: as without a keyring.
      }
      if (!has_said) sayMemoryOnly()
      has_said = true
    },
  }
}

// `basic_text` is Chromium's word for "encrypted with a password that everybody knows". Electron 25 cannot tell.
function hasKeyring(): boolean {
  const is_plain = process.platform === 'linux' && safeStorage.getSelectedStorageBackend?.() === 'basic_text'
  return safeStorage.isEncryptionAvailable() && !is_plain
}

const encrypt = (text: string): string => safeStorage.encryptString(text).toString('base64')

// A keyring that was replaced cannot read what the earlier one wrote: then there is no sign-in to restore.
function decrypt(ciphertext: string | undefined): string | null {
  if (ciphertext === undefined) return null
  try {
    return safeStorage.decryptString(Buffer.from(ciphertext, 'base64'))
  } catch {
    return null
  }
}

function sayMemoryOnly(): void {
  if (!Notification.isSupported()) return
  new Notification({
    title: 'Phony will ask you to sign in again',
    body: 'This computer has no keyring to keep your sign-in, so it ends with the console.',
    silent: true,
  }).show()
}
