// Texts that are UTF-8 and byte sequences that are not, by the ways in which decoders are known to go wrong.
// Source: RFC 3629; the groups follow the public stress test for decoders (boundaries, overlong forms, surrogates).

/** Section of the conformance list, what it is, the bytes. */
export type TextCase = [id: string, what: string, bytes: Buffer]

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const each = (id: string, what: string, list: string[]): TextCase[] =>
  list.map((bytes) => [id, `${what} (${bytes})`, hex(bytes)])
const points = (id: string, what: string, list: number[]): TextCase[] =>
  list.map((point) => [id, `${what} (U+${point.toString(16)})`, Buffer.from(String.fromCodePoint(point))])

/** κόσμε, and every beginning of it: only those that end with a character are text. */
const KOSME = Buffer.from('κόσμε')
const prefixes: TextCase[] = Array.from({ length: KOSME.length }, (_, i) => [
  '6.6',
  `the first ${i + 1} bytes of κόσμε`,
  KOSME.subarray(0, i + 1),
])
const endsWithCharacter = ([, , bytes]: TextCase) => Buffer.from(bytes.toString()).equals(bytes)

const PLANES = Array.from({ length: 17 }, (_, plane) => plane * 0x1_0000)

/** Of characters of two to six bytes. */
const FIRST_BYTES = [
  [0xc0, 0xdf],
  [0xe0, 0xef],
  [0xf0, 0xf7],
  [0xf8, 0xfb],
  [0xfc, 0xfd],
] as const
const bytesFrom = (from: number, to: number) => Buffer.from(Array.from({ length: to - from + 1 }, (_, i) => from + i))
const CUT = ['c2', 'e0 a0', 'f0 90 80', 'f4 8f bf', 'c0', 'e0 80', 'f0 80 80', 'f8 80 80 80', 'fc 80 80 80 80'].concat([
  'df',
  'ef bf',
  'f7 bf bf',
  'fb bf bf bf',
  'fd bf bf bf bf',
  'f8 88 80 80',
])

export const VALID_TEXTS: TextCase[] = [
  ...[...'$¢€𤭢'].map((one): TextCase => ['6.5', `texts with ${one}`, Buffer.from(`hello${one}world`)]),
  ['6.5', 'texts of nothing else', KOSME],
  ...prefixes.filter(endsWithCharacter),
  ...points('6.7', 'the first characters of a length', [0x00, 0x80, 0x800, 0x1_0000]),
  ...points('6.9', 'the last characters of a length', [0x7f, 0x7ff, 0xffff, 0x10_ffff]),
  ...points('6.11', 'the characters beside the surrogates and at the end', [0xd7ff, 0xe000, 0xfffd, 0x10_ffff]),
  ...points(
    '6.22',
    'characters that never mean anything',
    PLANES.flatMap((plane) => [plane + 0xfffe, plane + 0xffff]),
  ),
  ...points(
    '6.23',
    'special characters',
    [0xfff9, 0xfffa, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff, 0xfeff, 0x200b, 0x2028, 0x1f3a7, 0xfdd0],
  ),
]

export const BROKEN_TEXTS: TextCase[] = [
  ...prefixes.filter((one) => !endsWithCharacter(one)),
  ...each('6.8', 'sequences of five and six bytes', ['f8 88 80 80 80', 'fc 84 80 80 80 80']),
  ...each('6.10', 'characters beyond the last one', ['f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf']),
  ...each('6.11', 'the character after the last one', ['f4 90 80 80']),
  ...each('6.12', 'continuation bytes alone', [
    '80',
    'bf',
    '80 bf',
    '80 bf 80',
    '80 bf 80 bf',
    '80 bf 80 bf 80',
    '80 bf 80 bf 80 bf',
    '80 bf 80 bf 80 bf 80',
    bytesFrom(0x80, 0xbf).toString('hex'),
  ]),
  ...FIRST_BYTES.map(([from, to]): TextCase => {
    const bytes = Buffer.from([...bytesFrom(from, to)].flatMap((first) => [first, 0x20]))
    return ['6.13', `first bytes alone (${from.toString(16)} to ${to.toString(16)})`, bytes]
  }),
  ...each('6.14', 'sequences without their last byte', CUT),
  ...each('6.15', 'cut sequences one after the other', [CUT.join('')]),
  ...each('6.16', 'bytes that never stand in a text', ['fe', 'ff', 'fe fe ff ff', 'c0', 'c1', 'f5']),
  ...each('6.17', 'overlong slashes', ['c0 af', 'e0 80 af', 'f0 80 80 af', 'f8 80 80 80 af', 'fc 80 80 80 80 af']),
  ...each('6.18', 'the longest overlong forms', [
    'c1 bf',
    'e0 9f bf',
    'f0 8f bf bf',
    'f8 87 bf bf bf',
    'fc 83 bf bf bf bf',
  ]),
  ...each('6.19', 'overlong zeros', ['c0 80', 'e0 80 80', 'f0 80 80 80', 'f8 80 80 80 80', 'fc 80 80 80 80 80']),
  ...each('6.20', 'single surrogates', [
    'ed a0 80',
    'ed ad bf',
    'ed ae 80',
    'ed af bf',
    'ed b0 80',
    'ed be 80',
    'ed bf bf',
  ]),
  ...each('6.21', 'pairs of surrogates', [
    'ed a0 80 ed b0 80',
    'ed a0 80 ed bf bf',
    'ed ad bf ed b0 80',
    'ed ad bf ed bf bf',
  ]),
  ...each('6.21', 'pairs of surrogates', [
    'ed ae 80 ed b0 80',
    'ed ae 80 ed bf bf',
    'ed af bf ed b0 80',
    'ed af bf ed bf bf',
  ]),
]
