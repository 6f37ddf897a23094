import { describe, expect, test } from 'vitest'
import { codeLines, parse } from '../syntax.ts'
import { longFunctionsIn } from './long-functions.ts'
import { listedFiles } from './path-of-a-request.ts'

describe('lines of code', () => {
  test('leaves out blanks and comments, and keeps a line that has both code and a comment', () => {
    const text = '/**\n * Doc.\n */\nconst a = 1 // aside\n\n// Alone.\nconst b = `x\n\ny` /* in */ + a\n'
    expect(codeLines(parse('a.ts', text))).toBe(3)
  })
})

describe('long functions', () => {
  const body = (lines: number): string => `{\n${'x()\n'.repeat(lines - 2)}}`

  test('accepts 60 lines and reports 61', () => {
    expect(longFunctionsIn('a.ts', `function f() ${body(60)}`)).toEqual([])
    expect(longFunctionsIn('a.ts', `\nfunction f() ${body(61)}`)).toEqual([{ at: 'a.ts:2', name: 'f', lines: 61 }])
  })

  test('names arrow functions and methods after what holds them', () => {
    const text = `const f = () => ${body(61)}\nconst o = { g() ${body(61)} }\nrun(() => ${body(61)})`
    expect(longFunctionsIn('a.ts', text).map(({ name }) => name)).toEqual(['f', 'g', 'anonymous'])
  })
})

test('the files of the path of a request are the numbered paths of their section', () => {
  const contributing =
    '## Other\n\n1. `a.ts`: no\n\n## The path of a request\n\nRead.\n\n1. `b.ts`: first\n2. `c.ts`: second\n\n## Next\n\n1. `d.ts`: no\n'
  expect(listedFiles(contributing)).toEqual(['b.ts', 'c.ts'])
})
