import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { usages } from './help.ts'
import { root } from './packages.ts'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Readonly<Record<string, string>> }
/** These start a program of others, which has a help of its own. */
const foreign = ['test', 'nightly', 'format', 'changeset']

test('every command has a help, and no help is of no command', () => {
  expect(
    Object.keys(scripts)
      .filter((name) => !foreign.includes(name))
      .sort(),
  ).toEqual(Object.keys(usages).sort())
})

test.each(Object.keys(usages))('the program of %s asks for the help before it does anything else', (name) => {
  const program = scripts[name]!.split(' ').find((word) => word.endsWith('.ts'))!
  const [head, ...calls] = readFileSync(join(root, program), 'utf8').split(/answerHelp\(([^)]*)\)/)
  expect(calls[0]).toContain(`'${name}'`)
  expect(head).not.toMatch(/^await |process\.argv\.slice\(2\)\.map/m)
})
