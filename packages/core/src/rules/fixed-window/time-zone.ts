/** Time zones: what their clocks show, and when their days begin, from the runtime's own tables. */
import { SLUICE_TIME_ZONE } from '../../errors.ts'
import { SluiceError } from '../../sluice-error.ts'

/** A time zone by its rules of past and future, as far as the runtime knows them. */
export interface TimeZone {
  /** What a clock on the wall shows, as the milliseconds at which a clock in UTC shows the same. */
  wallMs(ms: number): number
}

const zones = new Map<string, TimeZone>()
/** Zones remembered at once. There are some 600 names; other spellings of them must not grow the map without end. */
const mostZones = 1000

/**
 * The zone of an IANA name, such as `Europe/Berlin`.
 * @throws SluiceError `SLUICE_TIME_ZONE` for a name that the runtime does not know
 */
export function timeZoneNamed(name: unknown): TimeZone {
  const known = zones.get(name as string)
  if (known !== undefined) return known
  if (typeof name !== 'string') throw new SluiceError(SLUICE_TIME_ZONE, { option: 'timeZone', value: name })
  const zone = openZone(name)
  if (zones.size >= mostZones) zones.clear()
  zones.set(name, zone)
  return zone
}

function openZone(name: string): TimeZone {
  const format = formatOf(name)
  return {
    wallMs(ms) {
      const wall: Record<string, number> = {}
      for (const { type, value } of format.formatToParts(ms)) wall[type] = Number(value)
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = wall
      return Date.UTC(year, month - 1, day, hour, minute, second) + (ms - Math.floor(ms / 1000) * 1000)
    },
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const digits = 'numeric'
  try {
    return new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: digits,
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    })
  } catch (cause) {
    throw new SluiceError(SLUICE_TIME_ZONE, { option: 'timeZone', value: timeZone }, { cause })
  }
}

const dayMs = 86_400_000

/**
 * The first moment of a date: midnight, the first of two midnights, or where the clocks leap over midnight the end of the leap.
 * @param dateMs - the date, as midnight in UTC
 */
export function startOfDate(zone: TimeZone, dateMs: number): number {
  // The zones of the world lie within fourteen hours of UTC, so a day to either side is before and after anything that happens here.
  const aheadBefore = zone.wallMs(dateMs - dayMs) - (dateMs - dayMs)
  const aheadAfter = zone.wallMs(dateMs + dayMs) - (dateMs + dayMs)
  const early = dateMs - Math.max(aheadBefore, aheadAfter)
  if (zone.wallMs(early) === dateMs) return early
  const late = dateMs - Math.min(aheadBefore, aheadAfter)
  return zone.wallMs(late) === dateMs ? late : endOfLeap(zone, dateMs, early, late)
}

/** The moment from which the wall shows `dateMs` or more; it does not at `from`, and does at `to`. */
function endOfLeap(zone: TimeZone, dateMs: number, from: number, to: number): number {
  if (to - from <= 1) return to
  const middle = Math.floor((from + to) / 2)
  return zone.wallMs(middle) < dateMs ? endOfLeap(zone, dateMs, middle, to) : endOfLeap(zone, dateMs, from, middle)
}
