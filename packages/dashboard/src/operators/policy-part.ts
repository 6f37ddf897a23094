/** The policy in force, since when, and what the one before said otherwise. */
import { escapeHtml } from '@sluice/http'
import type { LiveState } from '../live/live-state.ts'
import { emptyLine, tableOf, textCell } from './html.ts'
import { spanText } from './words.ts'

const head = '<th scope="col">Value</th><th scope="col">Before</th><th scope="col">Now</th>'

export function policyPart({ policy, atMs }: LiveState): string {
  if (policy === null)
    return emptyLine(
      'The limits are those of the code. Pass what <code>followPolicy</code> returned as <code>policy</code> to see documents here.',
    )
  const { version, sinceMs, earlier, changes } = policy
  const since = sinceMs === null ? '' : `, for ${spanText(atMs - sinceMs)}`
  const [before] = earlier
  const older = earlier.map((one) => `version ${one.version}, ${spanText(atMs - one.sinceMs)} ago`)
  return `<p>Version ${escapeHtml(version)} is in force${since}.</p>${
    before === undefined
      ? emptyLine('There was no other since the start.')
      : tableOf({
          caption: `Changed since version ${before.version}`,
          head,
          rows: changes.map(
            ({ path, before: old, after }) =>
              `<tr data-key="${escapeHtml(path)}"><th scope="row"><code>${escapeHtml(path)}</code></th>${textCell(old ?? 'absent')}${textCell(after ?? 'absent')}</tr>`,
          ),
          empty: 'Nothing but the version has changed.',
        })
  }${older.length === 0 ? '' : `<p class="quiet">Before: ${escapeHtml(older.join('; '))}.</p>`}`
}
