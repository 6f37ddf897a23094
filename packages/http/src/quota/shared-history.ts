/** A history that processes keep together: each writes what it knows of a minute, and a reading adds that up. */
import { SluiceError } from '@sluice/core'
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import type { QuotaMinute } from './quota-document.ts'

/** What one process knows of one minute of a key. */
export interface SharedMinute extends QuotaMinute {
  /** Minutes since 1970. */
  readonly at: number
}

/** A minute to be written. */
export interface WrittenMinute extends SharedMinute {
  /** Names the key of a limit. */
  readonly name: string
  /** Names who writes: what it has written of the same minute before is replaced. So a write may be sent again. */
  readonly writer: string
}

/** Where the minutes of all processes are. */
export interface SharedHistory {
  /** Writes minutes. It keeps them for an hour at least, and forgets them by itself. It rejects where it cannot. */
  write(minutes: readonly WrittenMinute[]): Promise<void>
  /**
   * What all processes have written of a key in the hour up to a minute, and the first minute in which any of them wrote. `undefined` if none
   * has. It rejects where it cannot say.
   */
  read(name: string, now: number): Promise<{ readonly since: number; readonly minutes: readonly SharedMinute[] } | undefined>
}

/** Writes the minutes of one process, once a second, and reads those of all. */
export interface SharedMinutes {
  /** @param id - of what is known of the key in this process */
  changed(name: string, id: number, minute: SharedMinute): void
  /** Never rejects: what cannot be read is `undefined`. */
  read: SharedHistory['read']
  close(): Promise<void>
}

const everyMs = 1000
/** Minutes that wait to be written. Beyond it the oldest goes, so that no outage fills the memory. */
const mostWaiting = 100_000
/** Minutes that are written at once, so that no write holds up the process. */
const mostAtOnce = 1000
/** A reader waits no longer: it shows no history then. */
const readMs = 1000

/** @throws SluiceError `SLUICE_OPTION_TYPE` */
export function shareMinutes(shared: SharedHistory): SharedMinutes {
  if (typeof (shared as Partial<SharedHistory> | null)?.write !== 'function' || typeof shared.read !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'shared', wanted: 'what redisHistory() returned', value: shared })
  const process = crypto.randomUUID()
  let waiting = new Map<SharedMinute, Pick<WrittenMinute, 'name' | 'writer'>>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<void> = Promise.resolve()

  /** Writes what waits, part by part. What cannot be written is written with what comes next. */
  async function write(): Promise<void> {
    // What changes while this goes on comes after that, and waits for the next time.
    for (let left = waiting.size; left > 0; left -= mostAtOnce) {
      const part = first(waiting, Math.min(left, mostAtOnce))
      for (const [minute] of part) waiting.delete(minute)
      try {
        // A minute is written as it stands now, with all that came since it was noted.
        await shared.write(part.map(([minute, { name, writer }]) => ({ ...minute, name, writer })))
      } catch {
        waiting = new Map([...part, ...waiting])
        schedule()
        return
      }
    }
  }

  function schedule(): void {
    if (timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      writing = writing.then(write)
    }, everyMs)
    // Not in browsers and workers.
    ;(timer as { unref?(): void }).unref?.()
  }

  return {
    changed(name, id, minute) {
      if (waiting.size >= mostWaiting) waiting.delete(waiting.keys().next().value!)
      waiting.set(minute, { name, writer: `${process}.${id}` })
      schedule()
    },
    read(name, now) {
      let late: ReturnType<typeof setTimeout> | undefined
      const nothing = new Promise<undefined>((resolve) => {
        late = setTimeout(resolve, readMs, undefined)
      })
      return Promise.race([shared.read(name, now).catch(() => undefined), nothing]).finally(() => clearTimeout(late))
    },
    async close() {
      clearTimeout(timer)
      timer = undefined
      await writing
      await write()
      clearTimeout(timer)
    },
  }
}

function first<T>(values: Iterable<T>, count: number): T[] {
  const found: T[] = []
  for (const value of values) if (found.push(value) >= count) break
  return found
}

declare const crypto: { randomUUID(): string }
declare function setTimeout(run: (...args: never[]) => void, ms: number, value?: undefined): { unref?(): void }
declare function clearTimeout(timer: unknown): void
