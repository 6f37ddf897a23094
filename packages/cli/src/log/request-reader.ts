/** From a line of a log to a request: when, which route, and whose. */
import { combined, common, formatReader, type LineReader, variablesOf } from './format.ts'
import { jsonReader } from './json.ts'
import { ownTexts } from './own-text.ts'
import { routeReader } from './route.ts'
import { timeReader } from './time.ts'

/** A request of a log. */
export interface LogRequest {
  /** Milliseconds since the epoch. */
  timeMs: number
  /** Such as `GET /orders/:id`. */
  readonly route: string
  /** The key of each limit; `undefined` where the line lacks a variable of it, so that the limit does not apply. */
  readonly keys: readonly (LogKey | undefined)[]
}

/** One text, or the texts of several variables. */
export type LogKey = string | readonly string[]

/** Variables that may hold the time, then those of the request, its method and its path, in the order in which they are looked for. */
const times = ['time_iso8601', 'time_local', 'msec', 'time', 'timestamp', '@timestamp', 'ts']
const requests = ['request']
const methods = ['request_method', 'method', 'req.method', 'request.method']
const targets = ['request_uri', 'uri', 'url', 'path', 'req.url', 'request.uri']
const fixed = [...times, ...requests, ...methods, ...targets]

/**
 * A reader of lines. JSON is known by its first character, and anything else is in the format.
 * @param keys - the variables of each limit's key, without `$`; none for a limit that counts all requests together
 * @param format - as `log_format` of nginx has it @default the combined format, or the common one
 * @returns `undefined` for a line that is no request
 */
export function requestReader(keys: readonly (readonly string[])[], format?: string): (line: string) => LogRequest | undefined {
  const wanted = [...new Set([...fixed, ...keys.flat()])]
  const parts = { timeOf: timeReader(), routeOf: routeReader(), own: ownTexts(), keys }
  const all = jsonReader(wanted)
  /** Lines of one log have the same members, so the others are looked for only in a line without a time. */
  const jsonLike = (line: string): ReturnType<typeof requestOf> => {
    const values = all(line)
    const known = wanted.filter((name, i) => values?.[i] !== undefined || !fixed.includes(name))
    return requestOf(jsonReader(known), known, parts)
  }
  let json: ReturnType<typeof requestOf> = () => undefined
  const formats = (format === undefined ? [combined, common] : [format]).map((one) => {
    const known = wanted.filter((name) => variablesOf(one).includes(name))
    return requestOf(formatReader(one, known), known, parts)
  })
  return (line) => {
    if (line.charCodeAt(0) === 0x7b) {
      const request = json(line)
      if (request !== undefined) return request
      json = jsonLike(line)
      return json(line)
    }
    for (const read of formats) {
      const request = read(line)
      if (request !== undefined) return request
    }
    return undefined
  }
}

interface Parts {
  readonly timeOf: (text: string) => number | undefined
  readonly routeOf: (method: string, target: string) => string
  readonly own: (text: string) => string
  readonly keys: readonly (readonly string[])[]
}

/** From the variables of a line to a request. @param names - of the variables, in the order of their texts */
function requestOf(
  read: LineReader,
  names: readonly string[],
  { timeOf, routeOf, own, keys }: Parts,
): (line: string) => LogRequest | undefined {
  const placesOf = (some: readonly string[]): readonly number[] => some.map((name) => names.indexOf(name))
  const indexesOf = (some: readonly string[]): readonly number[] => placesOf(some).filter((place) => place >= 0)
  const [timesAt, requestsAt, methodsAt, targetsAt] = [indexesOf(times), indexesOf(requests), indexesOf(methods), indexesOf(targets)]
  const keysAt = keys.map(placesOf)
  return (line) => {
    const values = read(line)
    if (values === undefined) return undefined
    const timeMs = timeOf(firstOf(values, timesAt) ?? '')
    if (timeMs === undefined) return undefined
    const request = firstOf(values, requestsAt)
    const route =
      request === undefined ? routeOf(firstOf(values, methodsAt) ?? '', firstOf(values, targetsAt) ?? '') : routeOfRequest(request, routeOf)
    const found = new Array<LogKey | undefined>(keysAt.length)
    for (let i = 0; i < keysAt.length; i++) found[i] = keyOf(values, keysAt[i]!, own)
    return { timeMs, route, keys: found }
  }
}

/** `GET /orders HTTP/1.1`. */
function routeOfRequest(request: string, routeOf: Parts['routeOf']): string {
  const method = request.indexOf(' ')
  const target = request.indexOf(' ', method + 1)
  return method < 0 ? routeOf('', request) : routeOf(request.slice(0, method), request.slice(method + 1, target < 0 ? undefined : target))
}

/** Whether a format has what a request needs: its time. */
export function hasTime(format: string): boolean {
  return variablesOf(format).some((name) => times.includes(name))
}

function firstOf(values: readonly (string | undefined)[], places: readonly number[]): string | undefined {
  for (const place of places) if (values[place] !== undefined) return values[place]
  return undefined
}

/** Servers write `-` for what a request does not have. */
function keyOf(values: readonly (string | undefined)[], places: readonly number[], own: Parts['own']): LogKey | undefined {
  if (places.length === 1) return partOf(values, places[0]!, own)
  const parts = places.map((place) => partOf(values, place, own))
  return parts.includes(undefined) ? undefined : (parts as string[])
}

function partOf(values: readonly (string | undefined)[], place: number, own: Parts['own']): string | undefined {
  const text = values[place]
  return text === undefined || text === '' || text === '-' ? undefined : own(text)
}
