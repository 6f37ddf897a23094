import { describe, expect, test } from 'vitest'
import { paragraphAt } from './paragraphs.ts'
import { countWords, longSentences, sentencesOf } from './sentences.ts'

const wordsOf = (count: number): string => Array.from({ length: count }, () => 'word').join(' ')

describe('long sentences', () => {
  test('accepts 30 words and refuses 31', () => {
    expect(longSentences('a.md', paragraphAt(`${wordsOf(30)}.`, 1))).toEqual([])
    expect(longSentences('a.md', paragraphAt(`${wordsOf(31)}.`, 1))).toMatchObject([
      { kind: 'sentence', fix: expect.stringContaining('31 words') },
    ])
  })

  test('names the line on which the sentence starts', () => {
    expect(longSentences('a.md', paragraphAt(`Short.\nShort too.\n${wordsOf(40)}`, 5))).toMatchObject([{ line: 7 }])
  })
})

describe('sentences', () => {
  test.each([
    ['One. Two! Three?', ['One.', 'Two!', 'Three?']],
    ['It is 1.5 s long. Then it ends', ['It is 1.5 s long.', 'Then it ends']],
    ['Of a bucket, e.g. of a token bucket. Next.', ['Of a bucket, e.g. of a token bucket.', 'Next.']],
    ['He said "stop." Then (he left.) The end.', ['He said "stop."', 'Then (he left.)', 'The end.']],
    ['One: two; three, four', ['One: two; three, four']],
  ])('splits %j', (paragraph, expected) => {
    expect(sentencesOf(paragraph).map(({ sentence }) => sentence)).toEqual(expected)
  })
})

describe('counting words', () => {
  test.each([
    ['one two three', 3],
    ['a well-known `code with spaces` - and {@link Some thing}', 5],
    ['(all) — that is 3', 4],
  ])('counts %j as %i', (sentence, count) => {
    expect(countWords(sentence)).toBe(count)
  })
})
