/**
 * One question at a time about a bucket that was refused lately: the calls that come meanwhile wait for the answer to the first one.
 *
 * Under attack, each unit that comes back would otherwise bring as many questions as calls arrive in one round trip. The wait ends with the
 * answer of Redis. A call that it does not refuse is then sent, if its own time is not over.
 */
import { type Call, SluiceError, type Verdict } from '@sluice/core'
import { SLUICE_STORE_UNSENT } from '@sluice/core/internal'
import type { RememberedRefusals } from './remembered-refusals.ts'

/** @param ask - asks Redis. @param deadlineMs - until when the caller waits, by `performance.now()` */
export type OneAtATime = (call: Call, deadlineMs: number, ask: () => Promise<Verdict>) => Promise<Verdict>

export function oneAtATime(refusals: RememberedRefusals | undefined): OneAtATime {
  if (refusals === undefined) return (_call, _deadlineMs, ask) => ask()
  const asking = new Map<string, Promise<void>>()

  return (call, deadlineMs, ask) => {
    const key = refusals.hotKey(call)
    if (key === undefined) return ask()
    const first = asking.get(key)
    if (first !== undefined) {
      return first.then(() => {
        const refusal = refusals.answer(call)
        if (refusal !== undefined) return refusal
        if (performance.now() >= deadlineMs) throw new SluiceError(SLUICE_STORE_UNSENT)
        return ask()
      })
    }
    const answer = ask()
    const done = (): void => void asking.delete(key)
    asking.set(key, answer.then(done, done))
    return answer
  }
}
