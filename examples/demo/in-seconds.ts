/** Scenes that show what happens within a second, and so have to be over before it is. */
import { setTimeout as sleep } from 'node:timers/promises'
import { nextSecond } from './next-second.ts'

const secondNow = (): number => Math.floor(Date.now() / 1000)

/**
 * Plays a scene in so many seconds in a row, from the beginning of each. A machine may be too busy for that: it begins anew until each
 * was over in time, a second later, when what was used has come back.
 * @param scene - is told how often it has begun anew
 */
export async function inSeconds<T>(count: number, scene: (attempt: number) => Promise<T>): Promise<T[]> {
  for (let attempt = 0; ; attempt++) {
    const seen: T[] = []
    const first = secondNow() + 1
    do {
      await nextSecond()
      seen.push(await scene(attempt))
    } while (secondNow() === first + seen.length - 1 && seen.length < count)
    if (seen.length === count && secondNow() === first + count - 1) return seen
    await sleep(1000)
  }
}

/** Plays a scene within one second. */
export async function inOneSecond<T>(scene: () => Promise<T>): Promise<T> {
  const [seen] = await inSeconds(1, scene)
  return seen as T
}
