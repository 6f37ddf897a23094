/** What the command line of `pnpm bench race` says. */
import { parseArgs } from 'node:util'
import type { Quota } from './provider.ts'

export interface RaceOptions extends Quota {
  /** A file of `timestamp,input,output`. Without it the trace is generated. */
  readonly trace: string | undefined
  /** A page to write. */
  readonly html: string | undefined
}

/** What most of the race is about, by the minute. */
export const usualQuota: Quota = { requests: 300, tokens: 400_000 }

/**
 * Reads `--trace FILE`, `--html FILE`, `--requests 300` and `--tokens 400000`.
 * @throws Error for any other option, and for a quota that is no whole number from 1
 * @example
 * optionsOf(['--trace', 'conv.csv', '--requests', '500', '--tokens', '500000'])
 */
export function optionsOf(args: readonly string[]): RaceOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...args], options: { trace: text, html: text, requests: text, tokens: text } })
  const quotaOf = (name: keyof Quota): number => {
    const value = values[name] === undefined ? usualQuota[name] : Number(values[name])
    if (Number.isSafeInteger(value) && value >= 1) return value
    throw new Error(`--${name} is ${values[name]}, and must be a whole number from 1`)
  }
  return { trace: values.trace, html: values.html, requests: quotaOf('requests'), tokens: quotaOf('tokens') }
}
