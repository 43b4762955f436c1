// The address of a MongoDB server, looked at before the driver sees it, and named in messages without its password.
import { MongoClient, type MongoClientOptions, MongoParseError } from 'mongodb'
import { StoreError } from './doc-store.ts'

/**
 * @param name what the address is called in messages: `MONGODB_URL`, or whose cluster it is
 * @throws StoreError UNAVAILABLE with one sentence that shows nothing of a password
 */
export function mongoClient(url: string, name: string, options: MongoClientOptions): MongoClient {
  const refuse = (message: string): never => {
    throw new StoreError('UNAVAILABLE', `${name} ${message}`)
  }
  if (!/^mongodb(\+srv)?:\/\//.test(url))
    refuse('is no address of MongoDB: it begins with mongodb:// or mongodb+srv://.')
  // With an @ or / in its password, half of the password would be read as a host and shown in errors.
  const authority = /^[^:]+:\/\/([^/?]*)/.exec(url)![1]!
  if (url.split('@').length !== authority.split('@').length || authority.split('@').length > 2) {
    refuse('has an @ or / inside its user or password: write them as %40 and %2F.')
  }
  try {
    return new MongoClient(url, options)
  } catch (error) {
    // Only this kind names an option; others quote the address.
    const reason = error instanceof MongoParseError && !error.message.includes('//') ? `: ${error.message}` : ''
    return refuse(`is no address that MongoDB's driver takes${withoutPassword(reason, url)}.`)
  }
}

/** Hosts and ports alone. */
export function hostsOf(client: MongoClient): string {
  const { hosts, srvHost } = client.options
  return hosts.length > 0 ? hosts.map(String).join(', ') : (srvHost ?? 'its address')
}

function withoutPassword(text: string, url: string): string {
  const password = /^[^:]+:\/\/[^:@/]*:([^@/]*)@/.exec(url)?.[1]
  return password ? text.replaceAll(password, '***') : text
}
