/**
 * Settlement ids: by its id Redis knows whether a reservation was settled, so that settling, releasing and renewing it may be sent again.
 *
 * An id is a number of a sequence that one store counts. Redis keeps one bit for each number, in pages of 1,024. A page takes at most some
 * 350 bytes, whatever share of its bits is set: a third of a byte for each reservation where all are settled. A page expires one
 * `handleLifetime` after the latest settlement in it. By then no reservation of the page that was settled can be settled any more. It is
 * written in the step that changes the buckets and lies in their slot, so that a failover keeps or loses both.
 */
import { randomBytes } from 'node:crypto'

/** Numbers of one page. */
const pageSize = 1024

/** The ids of one store. Two stores, two processes and two runs of one process never give the same id. */
export interface SettlementIds {
  /** @param place - what the keys of a reservation share; see `place` in `bucket-key.ts`. Each has a sequence of its own, so that pages fill up */
  next(place: string): string
}

/** Where Redis keeps whether a reservation was settled. */
export interface SettlementMark {
  readonly place: string
  readonly page: string
  readonly bit: number
}

export function settlementIds(): SettlementIds {
  const own = randomBytes(9).toString('base64url')
  // Places are at most as many as a Cluster has slots. A number has 53 bits: a million a second take 285 years.
  const counts = new Map<string, number>()
  return {
    next(place) {
      const count = counts.get(place) ?? 0
      counts.set(place, count + 1)
      return `${place}.${own}.${count.toString(36)}`
    },
  }
}

/** Where the mark of an id is. Another process that was handed the reservation finds the same. */
export function settlementMark(id: string): SettlementMark {
  const [place = '', own = '', count = ''] = id.split('.')
  const number = Number.parseInt(count, 36) || 0
  return { place, page: `${own}.${Math.floor(number / pageSize).toString(36)}`, bit: number % pageSize }
}

/** The id of a reservation that was made place by place, of the ids of its parts. */
export function joinedId(ids: readonly string[]): string {
  return ids.join(' ')
}

/** The ids of the parts of a reservation, in their order. */
export function partIds(id: string): readonly string[] {
  return id.split(' ')
}
