/** `sluice check`: whether a policy can be applied, for editors and CI. */
import { type Arguments, type Command, wrongArguments } from './command.ts'
import { SluiceError } from './errors.ts'
import { printable } from './escape.ts'
import type { Io } from './io.ts'
import { policyLimits, readText } from './policy-limits.ts'

/** The command. */
export const check: Command = {
  name: 'check',
  summary: 'checks policies as your servers would, with line and column',
  usage: 'policy.json...',
  about: `A policy is refused where a server would refuse it. It may be no JSON, or have an unknown
member or a wrong number. Or its limits do not fit together. Limits that only your code
has are unknown here.

It prints the place before the reason, as in "policy.json:3:49: nearAt must be a number".
The exit code is 0 if every policy is right, 1 if one is refused, and 2 if one cannot be read.`,
  options: { quiet: { type: 'boolean', help: 'print only what is wrong' } },
  async run(args, io) {
    if (args.positionals.length === 0) throw wrongArguments('check', 'it names no policy')
    let refused = 0
    for (const path of args.positionals) refused += (await checkFile(path, args, io)) ? 0 : 1
    return refused === 0 ? 0 : 1
  },
}

async function checkFile(path: string, args: Arguments, io: Io): Promise<boolean> {
  const text = await readText(path)
  try {
    const { parsed, limits, inCode } = policyLimits<void>(text, () => () => '')
    if (args.flag('quiet')) return true
    const count = limits.length === 1 ? '1 limit' : `${limits.length} limits`
    const code = inCode.length === 0 ? '' : `; not checked, because only your code has the rule: ${inCode.join(', ')}`
    io.stdout.write(`${printable(`${path}: version ${parsed.document.version}, ${count} with a rule${code}`)}\n`)
    return true
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    io.stdout.write(`${printable(`${path}:${placeOf(error)}`)}\n`)
    return false
  }
}

/** `3:43: reason` as compilers write it, so that editors find the place. */
function placeOf({ facts, message }: SluiceError): string {
  const { line = 1, column = 1, reason = message } = facts as { line?: number; column?: number; reason?: string }
  return `${line}:${column}: ${reason}`
}
