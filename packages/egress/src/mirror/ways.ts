/** How a mirror writes bookings down and learns from headers. Tests replace these by mistakes that must be noticed. */
import { learn, roomOf } from './learn.ts'
import { type Book, book } from './window-log.ts'

export interface Ways {
  readonly put: Book
  readonly learn: typeof learn
  readonly roomOf: typeof roomOf
}

export const usualWays: Ways = { put: book, learn, roomOf }
