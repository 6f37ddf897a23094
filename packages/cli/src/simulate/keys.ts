/** `--key LIMIT=$variable`: what each limit of a policy counts by, in a log. */
import { type Limit, skip } from '@sluice/core'
import { didYouMean } from '@sluice/core/internal'
import { wrongArguments } from '../command.ts'
import type { LogRequest } from '../log/request-reader.ts'

/** The variables that each limit counts by, without `$`. A limit that is not named counts by the address of the client. */
export function keysOf(names: readonly string[], options: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map(names.map((name): [string, readonly string[]] => [name, ['remote_addr']]))
  for (const option of options) {
    const at = option.indexOf('=')
    const [name, value] = at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)]
    if (!keys.has(name))
      throw wrongArguments(
        'simulate',
        `--key ${option}: there is no limit ${name}. ${didYouMean(name, names)}Known are ${names.join(', ')}`,
      )
    keys.set(name, variablesIn(option, value))
  }
  return keys
}

function variablesIn(option: string, value: string): readonly string[] {
  if (value === 'everyone') return []
  const parts = value.split(',')
  const wrong = parts.find((part) => !/^\$[\w.@-]+$/.test(part))
  if (wrong === undefined) return parts.map((part) => part.slice(1))
  const empty = value === '' ? ' Put it in single quotes, because the shell replaces $remote_addr by nothing.' : ''
  throw wrongArguments('simulate', `--key ${option} has no variable such as $remote_addr, nor the word everyone.${empty}`)
}

/** The key of a request for the limit that stands at this place. */
export function keyAt(place: number): Limit<LogRequest, 'sync'>['by'] {
  return ({ keys }) => keys[place] ?? skip
}

/** How a report writes what a limit counts by. */
export function keyInWords(variables: readonly string[]): string {
  return variables.length === 0 ? 'everyone' : variables.map((name) => `$${name}`).join(', ')
}
