/** Explanations of survivors belong to lines that are there, and a survivor without one is noticed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compare, type Explained, parseExplained, type Report, survivorsOf } from './survivors.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = ['const a = (b: number) => {', '  return b > 0', '}', ''].join('\n')
const isPositive = { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } }
const body = { start: { line: 1, column: 26 }, end: { line: 3, column: 2 } }
const always: Explained = { file: 'a.ts', from: 'return b > 0', to: 'return true', because: 'No caller asks about less.' }

function reportOf(...mutants: Report['files'][string]['mutants']): Report {
  return { files: { 'a.ts': { source, mutants } } }
}

test('a survivor is a line before and after its mutation', () => {
  const report = reportOf({ status: 'Survived', replacement: 'true', location: isPositive })
  expect(survivorsOf(report)).toEqual([{ file: 'a.ts', line: 2, from: 'return b > 0', to: 'return true' }])
})

test('one that goes over several lines is the first of them', () => {
  const report = reportOf({ status: 'NoCoverage', replacement: '{}', location: body })
  expect(survivorsOf(report)).toEqual([{ file: 'a.ts', line: 1, from: 'const a = (b: number) => {', to: 'const a = (b: number) => {}' }])
})

test('a mutation that a test noticed, or that never ended, is none', () => {
  const mutants = ['Killed', 'Timeout', 'Ignored'].map((status) => ({ status, replacement: 'true', location: isPositive }))
  expect(survivorsOf(reportOf(...mutants))).toEqual([])
})

test('a reason holds for every line of its paragraph', () => {
  const text =
    '--- a.ts\n\nNo caller asks\nabout less.\n- return b > 0\n+ return true\n+ return b >= 0\n\n--- b.ts\n\nNor here.\n- c\n+ d\n'
  expect(parseExplained(text)).toEqual([
    always,
    { ...always, to: 'return b >= 0' },
    { file: 'b.ts', from: 'c', to: 'd', because: 'Nor here.' },
  ])
})

test('a survivor that is not explained is told, and one that is explained is not', () => {
  const report = reportOf(
    { status: 'Survived', replacement: 'true', location: isPositive },
    { status: 'Survived', replacement: 'false', location: isPositive },
  )
  const { unexplained, outdated } = compare(report, [always])
  expect(unexplained.map(({ to }) => to)).toEqual(['return false'])
  expect(outdated).toEqual([])
})

test('an explanation without its survivor is told, unless its file was not mutated', () => {
  const elsewhere = { ...always, file: 'b.ts' }
  expect(compare(reportOf(), [always, elsewhere])).toEqual({ unexplained: [], outdated: [always] })
})

test('every explanation says why, of a line that is there', () => {
  const explained = parseExplained(readFileSync(join(root, 'test/mutation/survivors.diff'), 'utf8'))
  const homeless = explained.filter(({ file, from, because }) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    return because === '' || !lines.some((line) => line.trim() === from)
  })
  expect(homeless).toEqual([])
})
