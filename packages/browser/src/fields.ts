/** What a response says of the caller's quota. */

/** The part of a response that is read. */
export interface Answered {
  readonly status: number
  readonly headers: { get(name: string): string | null }
}

/** What one response says. Times are milliseconds from its arrival on. */
export interface Reading {
  /** Whether the call was refused for its pace: 429, or 503 with a wait. */
  readonly isRefusal: boolean
  /** Until the call would pass, if the response says so. */
  readonly retryMs?: number | undefined
  /** The limit that is nearest to its end. */
  readonly tightest?: Tightest | undefined
  /** Until more units of that limit are there. */
  readonly moreMs?: number | undefined
}

/** Where one limit stands. */
export interface Tightest {
  readonly name: string
  readonly remaining: number
  /** Units of the whole quota, if a policy says it. */
  readonly limit?: number | undefined
}

type Parameters = Readonly<Record<string, string>>

/** A name in quotes, what follows it, and the comma before the next item. */
const item = /\s*"((?:[^"\\]|\\.)*)"((?:"(?:[^"\\]|\\.)*"|[^",])*)(,|$)/y
const parameter = /\s*;\s*([a-z*][\w.*-]*)(?:=("(?:[^"\\]|\\.)*"|[^\s";]+))?/g

/** A list of named items. One wrong character, and the whole field is ignored, as its standard demands. */
function listIn(text: string | null): ReadonlyMap<string, Parameters> {
  const items = new Map<string, Parameters>()
  let comma = text === null ? '' : ','
  for (item.lastIndex = 0; comma !== ''; ) {
    const found = item.exec(text!)
    if (found === null) return new Map()
    const parameters: Record<string, string> = {}
    const rest = found[2]!.replace(parameter, (_, key: string, value: string) => {
      parameters[key] = value
      return ''
    })
    if (rest.trim() !== '') return new Map()
    items.set(found[1]!.replace(/\\(.)/g, '$1'), parameters)
    comma = found[3]!
  }
  return items
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Milliseconds of whole seconds. */
function msOf(text: string | undefined): number | undefined {
  const seconds = wholeNumber(text)
  return seconds === undefined ? undefined : seconds * 1000
}

/** How much is left, from 0 to 1. Where the whole is not known, anything is all of it. */
function shareLeft({ remaining, limit }: Tightest): number {
  return limit === undefined ? Math.min(remaining, 1) : limit === 0 ? 0 : remaining / limit
}

/** Also reads `a` and `w`, which the next draft calls them. A limit on what happens at once is left out: it has no pace. */
function tightestOf({ headers }: Answered): Pick<Reading, 'tightest' | 'moreMs'> {
  const policies = listIn(headers.get('ratelimit-policy'))
  let all: Pick<Reading, 'tightest' | 'moreMs'> = {}
  for (const [name, { r, a, t, w }] of listIn(headers.get('ratelimit'))) {
    const { q, qu } = policies.get(name) ?? {}
    const remaining = wholeNumber(r ?? a)
    if (remaining === undefined || qu === '"concurrent-requests"') continue
    const tightest = { name, remaining, limit: wholeNumber(q) }
    if (all.tightest === undefined || shareLeft(tightest) < shareLeft(all.tightest)) all = { tightest, moreMs: msOf(t ?? w) }
  }
  return all
}

/** Milliseconds that `Retry-After` asks to wait. A date is compared with the server's own clock, never with that of the page. */
function retryMsOf({ headers }: Answered): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (text === undefined) return undefined
  const known = msOf(text)
  if (known !== undefined) return known
  const ms = Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** What a response says. Of one that a cache has kept the fields are old, and say nothing. */
export function readingOf(answered: Answered): Reading {
  const { status, headers } = answered
  const retryMs = retryMsOf(answered)
  const fields = Number(headers.get('age')) > 0 ? {} : tightestOf(answered)
  const isRefusal = status === 429 || (status === 503 && retryMs !== undefined)
  return { isRefusal, retryMs: retryMs ?? (fields.tightest?.remaining === 0 ? fields.moreMs : undefined), ...fields }
}
