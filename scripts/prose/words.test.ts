import { describe, expect, test } from 'vitest'
import { paragraphAt } from './paragraphs.ts'
import type { RetiredWord } from './retired-words.ts'
import { retiredNames, retiredPhrases } from './words.ts'

const words: readonly RetiredWord[] = [
  { word: 'tab', where: 'identifier', replacement: 'RequestLedger' },
  { word: 'shortWay', where: 'identifier', replacement: 'fastPath' },
  { word: 'full', where: 'identifier', replacement: 'scaledCapacity', under: ['packages/core'], except: ['isFull'] },
  { word: 'short way', where: 'text', replacement: 'fast path' },
]

describe('retired names', () => {
  test.each(['tab', 'Tab', 'openTab', 'tabOf', 'OPEN_TAB', 'open_tab', 'shortWay', 'ShortWayOptions'])('finds the word in %s', (name) => {
    expect(retiredNames('packages/http/src/a.ts', [{ name, line: 3 }], words)).toMatchObject([{ kind: 'word', line: 3 }])
  })

  test.each(['table', 'establish', 'shortage', 'wayShort'])('does not find the word in %s', (name) => {
    expect(retiredNames('packages/http/src/a.ts', [{ name, line: 3 }], words)).toEqual([])
  })

  test('reports a name once, at its first line, with its count and its replacement', () => {
    const names = [4, 9, 12].map((line) => ({ name: 'openTab', line }))
    expect(retiredNames('packages/http/src/a.ts', names, words)).toEqual([
      {
        kind: 'word',
        file: 'packages/http/src/a.ts',
        line: 4,
        what: 'name openTab (3 times)',
        fix: 'Instead of "tab" write "RequestLedger".',
      },
    ])
  })

  test('finds the word in the name of a file', () => {
    expect(retiredNames('packages/core/src/limiter/short-way.test.ts', [], words)).toMatchObject([{ line: 1, what: 'name short-way' }])
  })

  test('looks for a word of some folders only there', () => {
    const names = [{ name: 'full', line: 1 }]
    expect(retiredNames('packages/core/src/a.ts', names, words)).toHaveLength(1)
    expect(retiredNames('packages/corelike/src/a.ts', names, words)).toEqual([])
  })

  test('accepts a name that is listed as an exception', () => {
    expect(retiredNames('packages/core/src/a.ts', [{ name: 'isFull', line: 1 }], words)).toEqual([])
  })
})

describe('retired phrases', () => {
  test('finds a phrase in a text, at the line where it starts', () => {
    const paragraph = paragraphAt('Decides quickly.\nThe Short way does.', 7)
    expect(retiredPhrases('docs/a.md', paragraph, words)).toMatchObject([{ line: 8, what: 'words "Short way"', fix: 'Write "fast path".' }])
  })

  test('leaves an ordinary word of a text alone', () => {
    expect(retiredPhrases('docs/a.md', paragraphAt('Open a tab. A short wayside.', 1), words)).toEqual([])
  })
})
