/** A limit whose rule changes while it is used, by two processes of which one is behind: what was admitted, and under which rules. */
import { createLimiter, everyone, type Limiter, type Migrate, type Rule, type Store } from '@sluice/core'

/** What happens next. */
export type ChangeStep =
  | { readonly do: 'wait'; readonly us: number }
  /** Takes so many units, or with `all` whatever is left. */
  | { readonly do: 'take'; readonly units: number | 'all'; readonly behind: boolean }
  | { readonly do: 'change'; readonly rule: number }
  /** The process that is behind learns of the latest rule. */
  | { readonly do: 'learn' }

/** Rules, and what is done with them. */
export interface Changes {
  readonly startUs: number
  readonly rules: readonly Rule[]
  readonly migrate: Migrate
  /** Whether each change has a version of its own. */
  readonly versions: boolean
  readonly steps: readonly ChangeStep[]
}

/** Units admitted at a time. */
export interface Admission {
  readonly atUs: number
  readonly units: number
  /** The rule that admitted them. */
  readonly rule: Rule
  /** The rules that either process had since the admission before. */
  readonly since: ReadonlySet<Rule>
}

/** A store whose time is in the hands of the test. */
export interface TimedStore {
  readonly store: Store
  setNowUs(us: number): void
}

/** Runs a store through changes. */
export async function admissionsOf({ store, setNowUs }: TimedStore, changes: Changes): Promise<Admission[]> {
  const { rules, migrate, versions } = changes
  const limitsOf = (rule: Rule) => [{ name: 'all', by: everyone, rule: () => rule }]
  const [ahead, behind] = [createLimiter({ limits: limitsOf(rules[0]!), store }), createLimiter({ limits: limitsOf(rules[0]!), store })]
  const admissions: Admission[] = []
  let nowUs = changes.startUs
  let [latest, known, version] = [0, 0, 0]
  let since = new Set<Rule>()

  async function update(limiter: Limiter): Promise<void> {
    await limiter.update(limitsOf(rules[latest]!), versions ? { migrate, version: String(version) } : { migrate })
  }

  async function take(limiter: Limiter, wanted: number | 'all'): Promise<void> {
    const units = wanted === 'all' ? (await limiter.peek()).limits[0]!.remaining : wanted
    const { allowed, limits } = await limiter.consume(undefined, { cost: units })
    if (!allowed || units === 0) return
    admissions.push({ atUs: nowUs, units, rule: limits[0]!.rule, since })
    since = new Set([rules[latest]!, rules[known]!])
  }

  // Both know the strategy from the start, since strategies that take turns may give what neither gives alone.
  await Promise.all([update(ahead), update(behind)])
  for (const step of changes.steps) {
    setNowUs(nowUs)
    if (step.do === 'wait') nowUs += step.us
    else if (step.do === 'take') await take(step.behind ? behind : ahead, step.units)
    else {
      if (step.do === 'change') {
        latest = step.rule
        version += 1
        await update(ahead)
      } else {
        known = latest
        await update(behind)
      }
      since.add(rules[latest]!)
    }
  }
  await Promise.all([ahead.close(), behind.close()])
  return admissions
}
