/**
 * For a class in a regular expression (`u`): between two letters of these scripts a word may begin or end anywhere.
 * @source Unicode UAX 14, classes ID and SA
 */
export const UNSPACED = ['Han', 'Hira', 'Kana', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tale', 'Talu', 'Lana', 'Tavt']
  .map((script) => `\\p{scx=${script}}`)
  .join('')
