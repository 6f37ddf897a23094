/** The one error class of sluice, and what its texts are made of. The codes stand in `errors.ts` of each package. */

import type * as codes from './errors.ts'
import { redactedCause, redactedFacts } from './redact.ts'
import { site } from './site.ts'

/** A code and its text. `{name}` is filled from the facts of the case. */
export interface CodeText {
  readonly code: SluiceCode
  /** What happened. */
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  /** Whether it can be thrown while a request is served. @default false */
  readonly request?: true
  /** The message with the facts, for a code of requests at start-up and in warnings. The hint follows. @default message */
  readonly full?: string
}

/** The codes that a file `errors.ts` exports, as an interface that can be extended. */
export type CodesOf<File> = { readonly [Code in keyof File as Code extends `SLUICE_${string}` ? Code : never]: true }

/** All codes. Each package adds its own, so that {@link SluiceCode} knows the codes of the packages that a program imports. */
export interface SluiceCodes extends CodesOf<typeof codes> {}

/** A code of {@link SluiceError}. Codes are stable, texts are not. */
export type SluiceCode = keyof SluiceCodes

/** What fills the places of a message. */
export type Facts = Readonly<Record<string, unknown>>

/** Every copy of the core marks its errors with this symbol. */
const errorMark: unique symbol = Symbol.for('sluice.error')

/** Which text an error gets: `full` with its facts, for developers at start-up, or `fixed`, which strangers may read. */
export type ErrorText = 'full' | 'fixed'

/**
 * The only error that sluice throws. Branch on `code`; a refusal is never an error but a decision.
 *
 * The message of an error that is thrown during a request names no limit, key, value, host or secret, because frameworks send messages
 * to clients. Those are in `facts` and `cause`, for logs: passwords and the like are replaced by `[redacted]`.
 */
export class SluiceError extends Error {
  readonly code: SluiceCode
  /** The facts of the case, as given: option, value, name. Secrets are redacted. */
  readonly facts: Facts
  /** The name of the limit whose definition is wrong. @default undefined, for every other error */
  declare readonly limit?: string
  /** What is wrong of that limit: `rule`, `nearAt` or `ban.after`, for example. */
  declare readonly option?: string
  /** What `code` says, with places for facts. Not enumerable: it is in no log. */
  declare readonly text: CodeText

  constructor(text: CodeText, facts: Facts = {}, options: { readonly cause?: unknown; readonly text?: ErrorText } = {}) {
    const kind = options.text ?? (text.request ? 'fixed' : 'full')
    super(
      `${text.code}: ${kind === 'full' ? describe(text, facts) : fixedText(text, facts)}`,
      options.cause === undefined ? undefined : { cause: redactedCause(options.cause) },
    )
    this.name = 'SluiceError'
    Object.defineProperties(this, { text: { value: text }, [errorMark]: { value: true } })
    this.code = text.code
    this.facts = redactedFacts(facts)
  }

  /**
   * Whether `value instanceof SluiceError`. An error of another copy of the core is one as well, as in a test that loads both the ESM and
   * the CommonJS. For a subclass, `instanceof` means what it always does.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this function, and is then `this`
    return super[Symbol.hasInstance](value) || (this === SluiceError && typeof value === 'object' && value !== null && errorMark in value)
  }

  /** What `JSON.stringify` shows: an error handler that answers the error itself must not send its facts. */
  toJSON(): { readonly name: string; readonly code: SluiceCode; readonly message: string } {
    const { name, code, message } = this
    return { name, code, message }
  }
}

/**
 * The text of a code with its places filled, and the link to its entry in the documentation. `display` writes each value.
 * `reason` and `wanted` are texts of ours that contain displayed values already.
 */
export function describe({ code, message, hint, full = message }: CodeText, facts: Facts): string {
  return `${filled(`${full}. ${hint}`, redactedFacts(facts))} ${entryOf(code)}`
}

/** The text of a code for strangers. A code of start-up has no such text, so a wrong call gets a general one. */
function fixedText({ code, message, hint, request }: CodeText, facts: Facts): string {
  const general = 'A call was given an option that does not fit. See `facts` of this error.'
  return `${request ? filled(`${message}. ${hint}`, facts) : general} ${entryOf(code)}`
}

/** The address of a code in the documentation, such as `https://sluice-js.github.io/sluice/errors#sluice_cost`. */
function entryOf(code: SluiceCode): string {
  return `${site}/errors#${code.toLowerCase()}`
}

function filled(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    if (!(name in facts)) return place
    return name === 'reason' || name === 'wanted' || name === 'fix' ? String(facts[name]) : display(facts[name])
  })
}

/**
 * Runs a check, whose errors get this text: `full` at start-up, where the developer reads them, and `fixed` for what a call was given.
 * @throws SluiceError with the code, the facts, the cause and the stack of the one that the check threw
 */
export function withText<T>(text: ErrorText, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw error instanceof SluiceError ? reworded(error, text) : error
  }
}

function reworded(error: SluiceError, text: ErrorText): SluiceError {
  if (text === 'full' && !error.text.request) return error
  const copy = new SluiceError(error.text, error.facts, { cause: error.cause, text })
  if (error.stack !== undefined) copy.stack = error.stack.replace(error.message, () => copy.message)
  return error.limit === undefined ? copy : Object.assign(copy, { limit: error.limit, option: error.option })
}

/**
 * Runs a check of one limit. Its errors say which limit and which option are wrong.
 * @param option - what is wrong where the error names no option
 */
export function aboutLimit<T>(limit: unknown, option: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof SluiceError && typeof limit === 'string') Object.assign(error, { limit, option: optionIn(error, limit) ?? option })
    throw error
  }
}

/** The option that an error names, without the limit before it: `ban.after` of `login.ban.after`. */
function optionIn({ facts: { option } }: SluiceError, limit: string): string | undefined {
  if (typeof option !== 'string') return undefined
  const path = option.replace('The options of ', '')
  const prefix = [`${limit}.`, 'limit.'].find((start) => path.startsWith(start)) ?? ''
  return path.slice(prefix.length)
}

/** The error with the text that strangers may read; itself where it has that text already. */
export function forStrangers(error: SluiceError): SluiceError {
  const isFixed = error.message === `${error.code}: ${fixedText(error.text, error.facts)}`
  return isFixed ? error : reworded(error, 'fixed')
}

/** The error itself if it is one of requests, else the fault that has it as its cause. */
export function asFault(cause: unknown, fault: CodeText, facts: Facts): SluiceError {
  return cause instanceof SluiceError && cause.text.request ? cause : new SluiceError(fault, facts, { cause })
}

/** The value as JSON, cut after 80 characters. Plain words have no quotes: `soon`, but `"1"`. */
function display(value: unknown): string {
  if (Array.isArray(value)) return value.map(display).join(', ')
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return String(value)
  const bare = typeof value === 'string' && isPlain(value) ? value : safeJson(value)
  return bare.length > 80 ? `${bare.slice(0, 80)}...` : bare
}

/** Whether a text without its quotes cannot be taken for another value. */
function isPlain(text: string): boolean {
  return /^[\w .,:/`'()[\]>…-]+$/.test(text) && Number.isNaN(Number(text)) && !['true', 'false', 'null', 'undefined', 'NaN'].includes(text)
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
