/** Waits as people read them: "in 24 seconds", "24 seconds". The server writes them, and the script of the page counts them down. */

/** `when` follows a verb: "full again in 24 seconds"; `long` is the time itself: "within 24 seconds". */
export type DurationForm = 'when' | 'long'

/**
 * Rounded up, so that no one is sent back too early. The unit is the second below two minutes, the minute below two hours and the hour below
 * two days. `when` of 0 is "now".
 * @param language - as BCP 47 names it; the wording is that of `Intl`
 */
export function durationText(ms: number, form: DurationForm, language: string): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [count, unit] =
    seconds < 120
      ? ([seconds, 'second'] as const)
      : seconds < 7200
        ? ([Math.ceil(seconds / 60), 'minute'] as const)
        : seconds < 172_800
          ? ([Math.ceil(seconds / 3600), 'hour'] as const)
          : ([Math.ceil(seconds / 86_400), 'day'] as const)
  if (form === 'long') return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
  // Without a number only for "now": a day would be "tomorrow", which may be in an hour.
  return new Intl.RelativeTimeFormat(language, { numeric: count === 0 ? 'auto' : 'always' }).format(count, unit)
}
