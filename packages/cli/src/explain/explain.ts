/** `sluice explain`: the limits of a policy in words, and the most that each admits. */
import { parseDuration } from '@sluice/core/internal'
import { type Command, wrongArguments } from '../command.ts'
import { counted } from '../counted.ts'
import { SluiceError } from '../errors.ts'
import { printable } from '../escape.ts'
import { type PolicyLimit, type PolicyLimits, policyLimits, readText } from '../policy-limits.ts'
import { table } from '../table.ts'
import { lengthOf, ruleInWords } from './rule-in-words.ts'
import { worstCase } from './worst-case.ts'

/** The times of the table, in microseconds. */
const times = [
  ['1 s', 1_000_000],
  ['1 min', 60_000_000],
  ['1 h', 3_600_000_000],
  ['1 day', 86_400_000_000],
] as const

/** The command. */
export const explain: Command = {
  name: 'explain',
  summary: 'says what a policy admits, in words and at most',
  usage: 'policy.json',
  about: `The table has the most requests that one key is admitted in any second, minute, hour and day.
It counts on the worst timing: a burst at the end of one window and the next one right after it.`,
  options: {},
  async run({ positionals }, io) {
    const [path, ...others] = positionals
    if (path === undefined || others.length > 0) throw wrongArguments('explain', 'it names no policy, or more than one')
    const text = await readText(path)
    try {
      io.stdout.write(
        `${explained(
          policyLimits<void>(text, () => () => ''),
          Date.now() * 1000,
        )}\n`,
      )
      return 0
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      io.stderr.write(`${printable(error.message)}\n`)
      return 1
    }
  },
}

/** The text of a whole policy. @param now - around when the calendar is looked at, in microseconds */
function explained({ parsed, limits, inCode }: PolicyLimits<void>, now: number): string {
  const { version, shadow = false } = parsed.document
  const count = limits.length === 1 ? '1 limit' : `${limits.length} limits`
  const heading = `Version ${version} has ${count}.${shadow ? ' All are measured only: no request is refused.' : ' A request passes if each of them admits it.'}`
  const paragraphs = limits.map(
    (one) =>
      `${one.limit.name}\n${sentencesOf(one)
        .map((sentence) => `  ${sentence}`)
        .join('\n')}`,
  )
  const missing = inCode.length === 0 ? [] : [`Only your code has the rule of ${inCode.join(', ')}.`]
  const rows = limits.map((one) => [one.limit.name, ...times.map(([, us]) => (shadow ? unbounded : most(one, limits, us, now)))])
  const bounds = table(['limit', ...times.map(([name]) => name)], rows)
  return printableLines(
    [heading, ...paragraphs, ...missing, `The most requests that one key is admitted in any stretch of\n\n${bounds}`].join('\n\n'),
  )
}

const unbounded = 'no bound'

/** The most requests in a time. A guaranteed share may use all that its parent has, so the parent bounds it. */
function most({ limit, rule, share }: PolicyLimit<void>, limits: readonly PolicyLimit<void>[], us: number, now: number): string {
  const { cost = 1, shadow = false } = limit
  const deciding = share?.guaranteed === true ? limits.find((one) => one.limit.name === share.parent)?.rule : rule
  const units = deciding === undefined || shadow ? null : worstCase(deciding, us, now)
  return units === null || cost === 0 ? unbounded : counted(units / BigInt(Number(cost)))
}

function sentencesOf({ limit, rule, share }: PolicyLimit<void>): readonly string[] {
  const { cost, shadow = false, nearAt, initial, ban, disclose = true, onOutage } = limit
  const percent = (part: number): string => `${counted(part * 100)} %`
  const ratio = share === undefined ? '' : percent(share.numerator / share.denominator)
  return [
    ...(share === undefined
      ? []
      : [
          share.guaranteed
            ? `Can always have ${ratio} of ${share.parent}, and more of it while others leave it.`
            : `A share: at most ${ratio} of ${share.parent}.`,
        ]),
    ...(rule === undefined
      ? [share === undefined ? 'Unlimited.' : `Its numbers follow those of ${share.parent}.`]
      : share?.guaranteed === true
        ? []
        : [ruleInWords(rule)]),
    ...(typeof cost === 'number' ? [`Each request costs ${counted(cost)}.`] : []),
    ...(initial === undefined ? [] : [`A new key begins with ${counted(initial)}.`]),
    ...(nearAt === undefined ? [] : [`Near from ${percent(nearAt)}.`]),
    ...(ban === undefined
      ? []
      : [
          `${counted(ban.after)} refusals within ${lengthOf(parseDuration(ban.within, 'within'))} block the key for ${lengthOf(parseDuration(ban.for, 'for'))}.`,
        ]),
    ...(disclose ? [] : ['Callers do not see it.']),
    ...(onOutage === undefined ? [] : [`While the store is away: ${onOutage}.`]),
    ...(shadow ? ['Measured only: it refuses no request.'] : []),
  ]
}

function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}
