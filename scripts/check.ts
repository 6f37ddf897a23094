/**
 * `pnpm check [name...] [path...]`: runs the named checks, or all of them. It prints one line for each, then the output of those that
 * failed. `pnpm check prose packages/core/src/rules` looks at the files under that path only.
 */
import { existsSync } from 'node:fs'
import { type Check, checks } from './checks.ts'
import { type Command, run } from './command.ts'
import { answerHelp } from './help.ts'

interface Outcome {
  readonly check: Check
  readonly ok: boolean
  readonly output: string
}

answerHelp('check')
const args = process.argv.slice(2)
// `docs` is a check; `docs/` is the folder.
const paths = args.filter((arg) => !checks.some((check) => check.name === arg) && existsSync(arg))
const named = args.filter((arg) => !paths.includes(arg))
const unknown = named.filter((name) => !checks.some((check) => check.name === name))
if (unknown.length > 0) {
  console.error(`There is no check named ${unknown.join(' or ')}. The checks are: ${checks.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

const wanted = checks.filter(({ name }) => named.length === 0 || named.includes(name))
const whole = wanted.filter(({ takesPaths }) => takesPaths !== true)
if (paths.length > 0 && whole.length > 0) {
  console.error(`A path goes with these checks only: ${checks.flatMap(({ name, takesPaths }) => (takesPaths ? [name] : [])).join(', ')}.`)
  process.exit(2)
}

const outcomes: Outcome[] = []
for (const check of wanted) outcomes.push(await perform(check))

const failed = outcomes.filter(({ ok }) => !ok)
for (const { check, output } of failed) console.log(`\n── ${check.name} ${'─'.repeat(76 - check.name.length)}\n${output.trimEnd()}`)
console.log(`\n${outcomes.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length === 0 ? 0 : 1)

/** Runs the commands of a check, all of them even when one fails, and prints its line. */
async function perform(check: Check): Promise<Outcome> {
  const startedAt = performance.now()
  let ok = true
  let output = ''
  for (const each of check.commands) {
    const command: Command = [...each, ...paths]
    const ended = await run(command)
    output += `$ ${command.join(' ')}\n${ended.output}`
    ok &&= ended.ok
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${ok ? 'passed' : 'FAILED'}  ${check.name.padEnd(13)}${seconds.padStart(6)} s  ${check.holds}`)
  return { check, ok, output }
}
