/** The time of a line, in the ways in which servers write it. */

const months: Readonly<Record<string, number>> = {
  Jan: 0,
  Feb: 1,
  Mar: 2,
  Apr: 3,
  May: 4,
  Jun: 5,
  Jul: 6,
  Aug: 7,
  Sep: 8,
  Oct: 9,
  Nov: 10,
  Dec: 11,
}
const local = /^(\d\d)\/([A-Z][a-z][a-z])\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/

/** Times that are remembered: many lines have the same one. */
const mostRemembered = 1000

/**
 * A reader of times.
 * @returns milliseconds since the epoch; `undefined` for what is no time between 1970 and 2250
 */
export function timeReader(): (text: string) => number | undefined {
  const known = new Map<string, number | undefined>()
  return (text) => {
    const ms = known.get(text)
    if (ms !== undefined) return ms
    if (known.size >= mostRemembered) known.clear()
    const read = timeOf(text)
    known.set(text, read)
    return read
  }
}

function timeOf(text: string): number | undefined {
  const ms = localTime(text) ?? epochTime(text) ?? Date.parse(text)
  return ms >= 0 && ms < Date.UTC(2250) ? ms : undefined
}

/** `10/Oct/2026:13:55:36 +0200`, as nginx and Apache write it. */
function localTime(text: string): number | undefined {
  const [, day, month, year, hour, minute, second, sign, hours, minutes] = local.exec(text) ?? []
  const at = months[month ?? '']
  if (at === undefined) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return Date.UTC(Number(year), at, Number(day), Number(hour), Number(minute), Number(second)) - (sign === '-' ? -offset : offset)
}

/** A number: seconds since the epoch, as `$msec` of nginx and `ts` of Caddy are, or milliseconds, as `time` of pino is. */
function epochTime(text: string): number | undefined {
  if (!/^\d{9,13}(\.\d+)?$/.test(text)) return undefined
  const value = Number(text)
  return value < 1e11 ? Math.round(value * 1e6) / 1000 : value
}
