/** The command line: which command is meant, and what its exit code is. */
import { didYouMean } from '@sluice/core/internal'
import { check } from './check.ts'
import { type Command, helpOf, readArguments, wrongArguments } from './command.ts'
import { SluiceError, version } from './errors.ts'
import { printable } from './escape.ts'
import { explain } from './explain/explain.ts'
import type { Io } from './io.ts'
import { simulate } from './simulate/simulate.ts'
import { top } from './top/top.ts'

const commands: readonly Command[] = [check, explain, simulate, top]

const overview = `sluice: check and explain a policy of limits, try it on an access log, and watch running processes

Usage: sluice COMMAND ...

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`).join('\n')}

sluice COMMAND --help says more about one. sluice --version prints the version.
Exit codes: 0 all is well, 1 the policy is refused, 2 the command could not do its work.`

/**
 * Runs one command and writes what it has to say.
 * @param args - the arguments after the name of the program
 * @param io - `process`, or streams of your own
 * @returns the exit code: 0 all is well, 1 the policy is refused, 2 the command could not do its work
 * @example
 * ```ts
 * process.exitCode = await main(['check', 'policy.json'], process)
 * ```
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...others] = args
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      io.stdout.write(`${overview}\n`)
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-v') {
      io.stdout.write(`${version}\n`)
      return 0
    }
    return await run(name, others, io)
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    io.stderr.write(`${printable(error.message)}\n`)
    return 2
  }
}

async function run(name: string, args: readonly string[], io: Io): Promise<number> {
  const command = commands.find((one) => one.name === name)
  if (command === undefined) {
    const names = commands.map((one) => one.name)
    throw wrongArguments('COMMAND', `there is no command ${name}. ${didYouMean(name, names)}Known are ${names.join(', ')}`)
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${helpOf(command)}\n`)
    return 0
  }
  return command.run(readArguments(command, args), io)
}
