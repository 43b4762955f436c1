// Is a request really the carrier's? Checked on the configured public URL, never on what the request says of itself.
import twilio from 'twilio'

/** Stands for a valid signature of either token: the second one serves while a token is rotated. */
export interface SignatureCheck {
  /** A form or query webhook. @param url the full public URL as configured at the carrier */
  isFormSigned(signature: string | undefined, url: string, params: Record<string, string>): boolean
  /** The upgrade of a media stream: the stream's URL in its own scheme, no parameters. Source: protocols A.5. */
  isUpgradeSigned(signature: string | undefined, url: string): boolean
}

export function signatureCheck(auth_tokens: readonly string[]): SignatureCheck {
  const matches = (signature: string, url: string, params: Record<string, string>) =>
    auth_tokens.some((token) => twilio.validateRequest(token, signature, url, params))
  return {
    isFormSigned: (signature, url, params) => signature !== undefined && matches(signature, url, params),
    isUpgradeSigned: (signature, url) =>
      signature !== undefined && spellings(url).some((spelling) => matches(signature, spelling, {})),
  }
}

/** The vendor does not document port and slash of the signed upgrade URL, so each plain spelling is tried. */
function spellings(url: string): string[] {
  const { protocol, hostname, port, pathname } = new URL(url)
  const withPort = `${protocol}//${hostname}:${port || (protocol === 'wss:' ? '443' : '80')}${pathname}`
  return [url, `${url}/`, withPort, `${withPort}/`]
}
