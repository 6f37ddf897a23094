import { describe, expect, test } from 'vitest'
import { parse } from '../syntax.ts'
import { commentsIn, namesIn, stringsIn, titlesIn } from './read-code.ts'
import { luaComments, luaNames } from './read-lua.ts'

const textsOf = (paragraphs: readonly { readonly text: string }[]): readonly string[] => paragraphs.map(({ text }) => text)

describe('comments of TypeScript', () => {
  test('joins the lines of a block comment, and splits it at blank lines and tags', () => {
    const syntax = parse('a.ts', '/**\n * One\n * sentence.\n *\n * Another.\n * @param name - the name\n * @returns a value\n */\nlet x')
    expect(textsOf(commentsIn(syntax))).toEqual(['One sentence.', 'Another.', 'the name', 'a value'])
  })

  test('joins line comments below each other, and no others', () => {
    expect(textsOf(commentsIn(parse('a.ts', '// One\n// sentence.\nlet x // Another.\n// Third.')))).toEqual([
      'One sentence.',
      'Another. Third.',
    ])
  })

  test('does not join a line comment to the block comment above it', () => {
    expect(textsOf(commentsIn(parse('a.ts', '/* Block. */\n// Line.')))).toEqual(['Block.', 'Line.'])
  })

  test('leaves out examples and fenced code', () => {
    const syntax = parse('a.ts', '/**\n * One.\n * ```ts\n * code()\n * ```\n * @example\n * more()\n * @returns text\n */\nlet x')
    expect(textsOf(commentsIn(syntax))).toEqual(['One.', 'text'])
  })

  test('finds the line of each part', () => {
    const [paragraph] = commentsIn(parse('a.ts', 'let x\n\n/**\n * One.\n * Two.\n */\nlet y'))
    expect(paragraph?.lineAt(paragraph.text.indexOf('Two'))).toBe(5)
  })
})

describe('names and strings of TypeScript', () => {
  test('finds names of values, types, properties and private fields', () => {
    const names = namesIn(parse('a.ts', 'type Stay = 1\nclass A { #tab = { inner: 1 } }'))
    expect(names.map(({ name, line }) => `${name}:${line}`)).toEqual(['Stay:1', 'A:2', 'tab:2', 'inner:2'])
  })

  test('reads a template and a sum of strings as one text, and a value as one word', () => {
    const syntax = parse('a.ts', "import a from 'some where'\nthrow Error(`A $" + "{b} c`)\nconst d = 'one ' + 'two ' + e")
    expect(textsOf(stringsIn(syntax))).toEqual(['A x c', 'one two x'])
  })

  test('reads the titles of tests, also of tests with rows', () => {
    const syntax = parse('a.test.ts', "describe('a', () => { test('b c', f); test.each([1])('d %i', f); it.each`x`('e', f); other('g') })")
    expect(textsOf(titlesIn(syntax))).toEqual(['a', 'b c', 'd %i', 'e'])
  })
})

describe('Lua', () => {
  const script = '-- One\n-- sentence.\nlocal tab = 1 -- aside\n-- Another.\n'

  test('joins comments on lines below each other', () => {
    expect(textsOf(luaComments(script))).toEqual(['One sentence.', 'Another.'])
  })

  test('finds names outside comments', () => {
    expect(luaNames(script)).toEqual([
      { name: 'local', line: 3 },
      { name: 'tab', line: 3 },
    ])
  })
})
