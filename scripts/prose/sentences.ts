/** Splits texts into sentences and counts their words. */
import type { Fault } from './fault.ts'
import type { Paragraph } from './paragraphs.ts'

/** The most words of a sentence; the aim is 20. */
const mostWords = 30

/** The sentences of a text that are too long. */
export function longSentences(file: string, { text, lineAt }: Paragraph): readonly Fault[] {
  return sentencesOf(text).flatMap(({ sentence, at }) => {
    const words = countWords(sentence)
    if (words <= mostWords) return []
    const fix = `Split it: it has ${words} words, and ${mostWords} are the most. One statement is one sentence.`
    return [{ kind: 'sentence', file, line: lineAt(at), what: `sentence "${sentence}"`, fix }]
  })
}

/** The sentences of a paragraph, and the offset at which each starts. A paragraph ends its last sentence. */
export function sentencesOf(paragraph: string): readonly { readonly sentence: string; readonly at: number }[] {
  const sentences: { sentence: string; at: number }[] = []
  let from = 0
  for (const { index, 0: mark } of paragraph.matchAll(/[.!?]+["'”’)\]*_]*(?=\s|$)/g)) {
    const end = index + mark.length
    if (/(\b(e\.g|i\.e|etc|vs|cf)|\.\.)\.$/i.test(paragraph.slice(from, end)) && end < paragraph.length) continue
    add(from, end)
    from = end
  }
  add(from, paragraph.length)
  return sentences

  function add(start: number, end: number): void {
    const raw = paragraph.slice(start, end)
    const sentence = raw.trim()
    if (sentence !== '') sentences.push({ sentence, at: start + raw.indexOf(sentence) })
  }
}

/** Counts what has a letter or a digit. Inline code, a link and an address count as one word each, as they are read. */
export function countWords(sentence: string): number {
  const read = sentence.replace(/`[^`]*`/g, 'code').replace(/\{@\w+ [^}]*\}/g, 'link')
  return read.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}
