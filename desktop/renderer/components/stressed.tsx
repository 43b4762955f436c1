import { stressed } from '../lib/wording.ts'

/** A text with the words stressed that fired a rule. */
export function Stressed({ text, words }: { text: string; words: readonly string[] }) {
  return stressed(text, words).map((part) =>
    part.is_stressed ? <mark key={part.at}>{part.text}</mark> : <span key={part.at}>{part.text}</span>,
  )
}
