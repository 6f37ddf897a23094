/** Refusals that the application answers itself, and perhaps forgets to: their clients would wait until they give up, and nobody knew why. */
import { warnOnce } from '@sluice/core/internal'

/** How long an answer may take before it passes for forgotten, in milliseconds. */
const patienceMs = 5000

/**
 * Warns once if a refused request has no answer by then. It is left as it is, since an answer may be late on purpose.
 * @param isAnswered - asked after `onRefused` is done, and once more later
 */
export function watchForAnswer(isAnswered: () => boolean): void {
  if (isAnswered()) return
  const timer = setTimeout(() => {
    if (!isAnswered()) warnOnce('SLUICE_UNANSWERED', { seconds: patienceMs / 1000 })
  }, patienceMs)
  // Frameworks of Node alone have answers that come later.
  ;(timer as unknown as { unref(): void }).unref()
}
