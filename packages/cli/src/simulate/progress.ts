/** A progress bar, on a terminal only. */
import { columnsOf, type Output } from '../io.ts'

/** Milliseconds between two looks of the bar. */
const everyMs = 100

/** A bar that is drawn anew, and taken away at the end. */
export interface Progress {
  /** @param done - of 1; `undefined` where the size of the log is not known */
  show(done: number | undefined, lines: number): void
  end(): void
}

/** A bar on this output; nothing where it is no terminal. @param nowMs - the time */
export function progressBar(output: Output, nowMs: () => number): Progress {
  let next = 0
  let drawn = false
  return {
    show(done, lines) {
      if (output.isTTY !== true || nowMs() < next) return
      next = nowMs() + everyMs
      drawn = true
      output.write(`\r${barOf(done, `${lines.toLocaleString('en')} lines`, columnsOf(output) - 1)}\u001b[K`)
    },
    end() {
      if (drawn) output.write('\r\u001b[K')
    },
  }
}

function barOf(done: number | undefined, text: string, columns: number): string {
  if (done === undefined) return text
  const width = Math.min(40, columns - text.length - 10)
  const filled = Math.round(Math.min(1, done) * width)
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] ${String(Math.floor(Math.min(1, done) * 100)).padStart(3)} %  ${text}`
}
