/** A command: its options, its help, and how its arguments are read. */
import { parseArgs } from 'node:util'
import { SLUICE_ARGUMENTS, SluiceError } from './errors.ts'
import type { Io } from './io.ts'

/** One option of a command. */
export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** Names the value in the help: `FILE`. */
  readonly value?: string
  /** A line of the help. */
  readonly help: string
}

/** What a command was given. */
export interface Arguments {
  readonly positionals: readonly string[]
  /** The text of an option; `undefined` if it was not given. */
  text(name: string): string | undefined
  /** All texts of an option that may be given several times. */
  texts(name: string): readonly string[]
  /** Whether an option without a value was given. */
  flag(name: string): boolean
}

/** A command of `sluice`. */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** The arguments after the name: `policy.json...`. */
  readonly usage: string
  /** Paragraphs and examples, after the usage. */
  readonly about: string
  readonly options: Readonly<Record<string, CommandOption>>
  /** @returns the exit code: 0 all is well, 1 the policy is refused, 2 the command could not do its work */
  run(args: Arguments, io: Io): Promise<number>
}

/** Reads the arguments of a command. @throws SluiceError `SLUICE_ARGUMENTS` */
export function readArguments(command: Command, args: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const given = values as Readonly<Record<string, string | boolean | readonly string[] | undefined>>
    return {
      positionals,
      text: (name) => given[name] as string | undefined,
      texts: (name) => (given[name] ?? []) as readonly string[],
      flag: (name) => given[name] === true,
    }
  } catch (cause) {
    throw wrongArguments(command.name, cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause))
  }
}

/** The error for arguments that a command does not take. */
export function wrongArguments(command: string, reason: string): SluiceError {
  return new SluiceError(SLUICE_ARGUMENTS, { command, reason })
}

/** What `--help` prints. */
export function helpOf({ name, summary, usage, about, options }: Command): string {
  const lines = Object.entries(options).map(([option, { value, help }]) => [`--${option}${value === undefined ? '' : ` ${value}`}`, help])
  const width = Math.max(...lines.map(([left]) => left!.length))
  const listed = lines.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`)
  return [`sluice ${name}: ${summary}`, `Usage: sluice ${name} ${usage}`, about, `Options:\n${listed.join('\n')}`].join('\n\n')
}
