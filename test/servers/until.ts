/** Waiting for a state of another process, which can only be asked for again and again. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** What is waited for; ends the sentence "Gave up waiting for ...". */
  readonly what: string
  /** @default 20_000 */
  readonly withinMs?: number
  /** Pause between two questions. @default 20 */
  readonly everyMs?: number
}

/** Resolves once `holds` answers true. An answer that throws counts as "not yet" and becomes the cause if time runs out. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { what, withinMs = 20_000, everyMs = 20 }: UntilOptions,
): Promise<void> {
  const deadline = performance.now() + withinMs
  let cause: unknown
  do {
    try {
      if (await holds()) return
    } catch (error) {
      cause = error
    }
    await sleep(everyMs)
  } while (performance.now() < deadline)
  throw new Error(`Gave up waiting for ${what} after ${withinMs} ms`, { cause })
}
