/** What the quota page says. Each text is a template, so that a translation is data and markup in it is shown, not run. */

/** A template such as `'{count} left'`, or one for each plural form that the language has. `other` is used for the rest. */
export type Text = string | ({ readonly other: string } & Partial<Readonly<Record<Intl.LDMLPluralRule, string>>>)

/**
 * The texts of one language. `{count}` is a number in the reader's format. `{when}` is a wait such as "in 24 seconds", and `{duration}` is the
 * same as "24 seconds". `{name}`, `{parent}` and `{rule}` are those of a limit. A language that is left out has the English text.
 */
export interface QuotaTexts {
  /** The direction of the language: `ltr` or `rtl`. */
  readonly dir: 'ltr' | 'rtl'
  readonly title: Text
  /** `{plan}` */
  readonly plan: Text
  /** The sentences that answer the reader. */
  readonly fresh: Text
  readonly left: Text
  readonly leftAmount: Text
  readonly more: Text
  readonly limited: Text
  readonly reached: Text
  readonly blocked: Text
  readonly blockedUntil: Text
  readonly never: Text
  readonly noWait: Text
  readonly unknown: Text
  readonly served: Text
  readonly noLimits: Text
  /** A limit that admits everything: `{name}`. */
  readonly unlimited: Text
  readonly free: Text
  /** `{place}` is an ordinal from `ordinal`. */
  readonly queue: Text
  readonly queueMore: Text
  readonly ordinal: Text
  /** The words of the states. */
  readonly nearState: Text
  readonly limitedState: Text
  readonly blockedState: Text
  readonly unknownState: Text
  /** The card of a limit. */
  readonly leftOf: Text
  readonly usedOf: Text
  readonly half: Text
  readonly third: Text
  readonly quarter: Text
  /** `{percent}` */
  readonly share: Text
  readonly nearCard: Text
  readonly limitedCard: Text
  readonly blockedCard: Text
  readonly fullCard: Text
  readonly refillCard: Text
  readonly estimated: Text
  readonly history: Text
  readonly historyUsed: Text
  readonly historyRefused: Text
  readonly historyNear: Text
  /** Below the cards. */
  readonly slowest: Text
  readonly whatCounts: Text
  readonly counting: Text
  /** What the script of the page says while it gets no answer. */
  readonly offline: Text
  /** The pages without a quota. */
  readonly notFound: Text
  readonly signIn: Text
  readonly failed: Text
  readonly failedHint: Text
  readonly notAllowed: Text
}

/** The texts in English, which stand in for those that a translation leaves out. */
export const english: QuotaTexts = {
  dir: 'ltr',
  title: 'Your quota',
  plan: 'plan {plan}',
  fresh: {
    one: 'Nothing is used yet. You can make {count} request now.',
    other: 'Nothing is used yet. You can make {count} requests now.',
  },
  left: { one: 'You can make {count} more request now.', other: 'You can make {count} more requests now.' },
  leftAmount: 'You have {count} left of “{name}”.',
  more: { one: '{count} more arrives within {duration}.', other: '{count} more arrive within {duration}.' },
  limited: 'You can make a request again {when}.',
  reached: 'The limit “{name}” is reached.',
  blocked: 'Your requests are blocked.',
  blockedUntil: 'Your requests are blocked. They are served again {when}.',
  never: 'Your requests are not admitted.',
  noWait: 'Waiting does not help.',
  unknown: 'We cannot read your quota right now.',
  served: 'Requests are still served.',
  noLimits: 'You can make requests now.',
  unlimited: '{name}: unlimited.',
  free: 'There is no limit to show.',
  queue: 'Your request waits {place} in line, about {duration}.',
  queueMore: '{count} of your requests wait. The first is {place} in line, about {duration}.',
  ordinal: { one: '{count}st', two: '{count}nd', few: '{count}rd', other: '{count}th' },
  nearState: 'Near the limit',
  limitedState: 'Limit reached',
  blockedState: 'Blocked',
  unknownState: 'Unknown',
  leftOf: '{count} left',
  usedOf: '{used} of {capacity} used',
  half: 'half of your {parent}’s {rule}',
  third: 'a third of your {parent}’s {rule}',
  quarter: 'a quarter of your {parent}’s {rule}',
  share: '{percent} of your {parent}’s {rule}',
  nearCard: 'near: full again {when}',
  limitedCard: 'used up: more {when}',
  blockedCard: 'blocked',
  fullCard: 'nothing used',
  refillCard: 'full again {when}',
  estimated: 'The wait is an estimate.',
  history: 'last {duration}',
  historyUsed: '{count} used',
  historyRefused: { one: '{count} minute with refusals', other: '{count} minutes with refusals' },
  historyNear: { one: '{count} minute near the limit', other: '{count} minutes near the limit' },
  slowest: 'Slowest to refill: {name}, full again {when}.',
  whatCounts: 'What counts?',
  counting: 'A request counts in every limit on this page, and some requests count more than once. A refused request counts in none.',
  offline: 'Cannot update right now. Trying again.',
  notFound: 'We do not know whose quota to show.',
  signIn: 'Sign in, then open this page again.',
  failed: 'Your quota cannot be shown.',
  failedHint: 'The fault is on our side, and uses up nothing. Try again later.',
  notAllowed: 'This page can only be read.',
}
