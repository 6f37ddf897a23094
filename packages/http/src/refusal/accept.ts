/**
 * Chooses the form of a refusal from the request: problem details for programs, a page for browsers, a line for terminals.
 *
 * This is own code rather than the `negotiator` package. A wildcard must not choose a page, and curl must get its line although it sends
 * the same wildcard as every program. Both rules are part of the weighing, and the parsing is the smaller part of the work.
 */

import { remember } from '../remember.ts'

/** `problem`: `application/problem+json`; `page`: `text/html`; `line`: `text/plain`. */
export type RefusalFormat = 'problem' | 'page' | 'line'

/** How much a client wants a format: its quality first, then how exactly it was named. */
interface Wish {
  readonly quality: number
  /** 3 for `a/b`, 2 for `a/*`, 1 for any type, 0 for not at all. */
  readonly precision: number
}

const unwanted: Wish = { quality: 0, precision: 0 }

/**
 * - Wanted most wins; of formats wanted equally the one named more exactly; then problem details.
 * - A page is only for those who name `text/html`, as every browser does. Programs that take anything get problem details.
 * - curl and wget take anything too, but print what they get to a person: they get a line, unless they name another format.
 * - Where nothing fits (an `<img>` asks for images), problem details are sent all the same, as RFC 9110 12.4.1 allows.
 */
export function refusalFormat(accept: string | undefined, userAgent: string | undefined): RefusalFormat {
  // What programs send that take anything is answered without being read: refusals come in floods.
  const { format, exact } =
    accept === undefined || accept === '*/*' ? anything : accept.length > mostRemembered ? choose(accept) : chosen(accept)
  return !exact && isTerminal(userAgent) ? 'line' : format
}

/** What a header asks for. */
interface Choice {
  readonly format: RefusalFormat
  /** Whether the format was named, in part at least, and not only taken with anything else. */
  readonly exact: boolean
}

const anything: Choice = { format: 'problem', exact: false }

function choose(accept: string): Choice {
  const ranges = parseAccept(accept)
  const page = bestOf(ranges, ['text/html', 'application/xhtml+xml'])
  const candidates: readonly (readonly [RefusalFormat, Wish])[] = [
    ['problem', bestOf(ranges, ['application/problem+json', 'application/json'])],
    ['page', page.precision === 3 ? page : unwanted],
    ['line', bestOf(ranges, ['text/plain'])],
  ]
  const [format, wish] = candidates.reduce((best, next) => (isMore(next[1], best[1]) ? next : best))
  return { format, exact: wish.precision !== 1 }
}

/** Characters of the headers that are remembered. Of each kind of client all send the same. */
const mostRemembered = 256
const chosen = remember(256, choose)

function isTerminal(userAgent: string | undefined): boolean {
  return userAgent !== undefined && /^(?:curl|wget)\//i.test(userAgent)
}

/** Characters beyond these are not read; browsers send 150. */
const longest = 4096

/** Quality by media range, in lower case without parameters. Malformed members match nothing. */
function parseAccept(accept: string): ReadonlyMap<string, number> {
  const ranges = new Map<string, number>()
  for (const member of accept.slice(0, longest).toLowerCase().split(',')) {
    const [range, ...parameters] = member.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    ranges.set(range!, weight === undefined ? 1 : parseQuality(weight.slice('q='.length)))
  }
  return ranges
}

/** RFC 9110 12.4.2: 0 to 1 with at most three decimals. Anything else counts as 0: what cannot be read is no wish. */
function parseQuality(weight: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0
}

function bestOf(ranges: ReadonlyMap<string, number>, types: readonly string[]): Wish {
  return types.map((type) => wishFor(ranges, type)).reduce((best, next) => (isMore(next, best) ? next : best))
}

/** The most exact range that matches a type decides about it (RFC 9110 12.5.1), even when it says no. */
function wishFor(ranges: ReadonlyMap<string, number>, type: string): Wish {
  const family = `${type.slice(0, type.indexOf('/'))}/*`
  for (const [range, precision] of [
    [type, 3],
    [family, 2],
    ['*/*', 1],
  ] as const) {
    const quality = ranges.get(range)
    if (quality !== undefined) return quality > 0 ? { quality, precision } : unwanted
  }
  return unwanted
}

function isMore(a: Wish, b: Wish): boolean {
  return a.quality === b.quality ? a.precision > b.precision : a.quality > b.quality
}
