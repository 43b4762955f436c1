// Reads TwiML as strictly as the network must: well-formed XML with one <Response>, known verbs, no markup
// it does not know. No entity but XML's own five and character references. Pure.

export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

/** A document that cannot be followed. `code` is the debugger's: 12100 not XML, 12200 not TwiML. */
export class TwimlError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const VERBS = new Set([
  'Connect',
  'Dial',
  'Enqueue',
  'Gather',
  'Hangup',
  'Leave',
  'Pause',
  'Pay',
  'Play',
  'Record',
  'Redirect',
  'Refer',
  'Reject',
  'Say',
  'Sms',
  'Start',
  'Stop',
])

/**
 * The verbs of a TwiML document.
 * @throws TwimlError 12100 for text that is not well-formed XML or has no <Response>, 12200 for an unknown verb
 * @source Twilio: document parse failure 12100, schema validation 12200
 */
export function readTwiml(text: string): readonly XmlElement[] {
  const root = new XmlReader(text).document()
  if (root.name !== 'Response') throw new TwimlError(12100, `The document's root is <${root.name}>, not <Response>.`)
  for (const verb of root.children)
    if (!VERBS.has(verb.name)) throw new TwimlError(12200, `<${verb.name}> is not a verb.`)
  return root.children
}

class XmlReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text.replace(/^\uFEFF/, '')
  }

  document(): XmlElement {
    this.#skipMisc()
    if (this.#text[this.#at] !== '<') throw this.#fault('an element was expected')
    const root = this.#element()
    this.#skipMisc()
    if (this.#at < this.#text.length) throw this.#fault('text after the root element')
    return root
  }

  #skipMisc(): void {
    for (;;) {
      this.#match(/\s*/y)
      if (this.#match(/<\?[\s\S]*?\?>/y) === null && this.#match(/<!--[\s\S]*?-->/y) === null) return
    }
  }

  #element(): XmlElement {
    const open = this.#match(/<([A-Za-z_][\w.:-]*)/y)
    if (!open) throw this.#fault('a tag was expected')
    const attributes = this.#attributes()
    if (this.#match(/\s*\/>/y)) return { name: open[1]!, attributes, children: [], text: '' }
    if (!this.#match(/\s*>/y)) throw this.#fault(`<${open[1]}> is not closed`)
    return { name: open[1]!, attributes, ...this.#content(open[1]!) }
  }

  #attributes(): Record<string, string> {
    const attributes: Record<string, string> = {}
    for (;;) {
      const found = this.#match(/\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y)
      if (!found) return attributes
      if (found[1]! in attributes) throw this.#fault(`attribute ${found[1]} twice`)
      attributes[found[1]!] = this.#unescape(found[2] ?? found[3] ?? '')
    }
  }

  #content(name: string): { children: XmlElement[]; text: string } {
    const children: XmlElement[] = []
    let text = ''
    for (;;) {
      const plain = this.#match(/[^<]+/y)
      if (plain) text += this.#unescape(plain[0])
      else if (this.#match(/<!--[\s\S]*?-->/y)) continue
      else if (this.#text.startsWith('<![CDATA[', this.#at))
        text += this.#match(/<!\[CDATA\[([\s\S]*?)\]\]>/y)?.[1] ?? ''
      else if (this.#text.startsWith('</', this.#at)) {
        const close = this.#match(/<\/([A-Za-z_][\w.:-]*)\s*>/y)
        if (close?.[1] !== name) throw this.#fault(`<${name}> is not closed`)
        return { children, text: text.trim() }
      } else children.push(this.#element())
    }
  }

  #unescape(text: string): string {
    if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/.test(text))
      throw this.#fault('a bare & or an unknown entity')
    return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (_, hex, decimal, name) => {
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (decimal) return String.fromCodePoint(Number(decimal))
      return { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name as string] ?? ''
    })
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at = pattern.lastIndex
    return found
  }

  #fault(what: string): TwimlError {
    return new TwimlError(12100, `Document parse failure at character ${this.#at}: ${what}.`)
  }
}
