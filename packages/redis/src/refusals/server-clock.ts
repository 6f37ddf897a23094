/**
 * What this process knows of the server's clock: bounds, from replies that tell its time.
 *
 * A reply was made after its request was sent and before it came. So each exchange bounds by how much the server's clock is ahead, and the
 * quickest exchange of the last seconds bounds it best. Under load most exchanges take long, and alone would bound it badly. Then a process
 * would ask for units that have not come back yet.
 */
import type { Micros } from '@sluice/core'

/** When a request was sent and when its reply came, by the clock of this process. */
export interface RoundTrip {
  readonly sentUs: Micros
  readonly receivedUs: Micros
}

/** By how much a clock is ahead of this process, at least and at most. */
export interface Ahead {
  readonly leastUs: Micros
  readonly mostUs: Micros
}

/** How long an exchange counts, at least, and twice as long at most. Clocks that drift by 100 parts per million part by 200 us in that time. */
const countsUs: Micros = 1_000_000

/** Bounds from the latest exchanges with one server. */
export interface ServerClock {
  /** The bounds after one more exchange. @param atUs - the time of the server in the reply */
  boundsAfter(atUs: Micros, roundTrip: RoundTrip): Ahead
}

const unknown: Ahead = { leastUs: Number.NEGATIVE_INFINITY, mostUs: Number.POSITIVE_INFINITY }

export function serverClock(): ServerClock {
  let earlier = unknown
  let latest = unknown
  let sinceUs: Micros = 0
  return {
    boundsAfter(atUs, { sentUs, receivedUs }) {
      const own: Ahead = { leastUs: atUs - receivedUs, mostUs: atUs - sentUs }
      if (receivedUs - sinceUs >= countsUs) {
        earlier = receivedUs - sinceUs >= 2 * countsUs ? unknown : latest
        latest = unknown
        sinceUs = receivedUs
      }
      latest = both(latest, own)
      const known = both(earlier, latest)
      if (known.leastUs <= known.mostUs) return known
      // Bounds that contradict each other are those of a clock that has stepped, or of two servers.
      earlier = unknown
      latest = own
      return own
    },
  }
}

function both(one: Ahead, other: Ahead): Ahead {
  return { leastUs: Math.max(one.leastUs, other.leastUs), mostUs: Math.min(one.mostUs, other.mostUs) }
}
