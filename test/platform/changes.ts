/** A limit whose rule changes while it is used, by two processes of which one is behind: what was admitted, and under which rules. */
import { createLimiter, type Decision, everyone, type Limiter, type Migrate, type Reservation, type Rule, type Store } from '@sluice/core'

/** What happens next. */
export type ChangeStep =
  | { readonly do: 'wait'; readonly us: number }
  /** Takes so many units, or with `all` whatever is left. */
  | { readonly do: 'take'; readonly units: number | 'all'; readonly behind: boolean }
  /** Reserves so many units. */
  | { readonly do: 'reserve'; readonly units: number }
  /** Cancels one of the reservations, whatever happened since. */
  | { readonly do: 'cancel'; readonly reservation: number }
  | { readonly do: 'reset' }
  /** Blocks the key for so long; 0 lifts that. */
  | { readonly do: 'block'; readonly ms: number }
  | { readonly do: 'change'; readonly rule: number; readonly migrate: Migrate }
  /** The process that is behind learns of the latest rule. */
  | { readonly do: 'learn' }

/** Rules, and what is done with them. */
export interface Changes {
  readonly startUs: number
  readonly rules: readonly Rule[]
  /** Whether each change has a version of its own. */
  readonly versions: boolean
  readonly steps: readonly ChangeStep[]
}

/** Units admitted at a time. */
export interface Admission {
  readonly atUs: number
  /** Those of a reservation that was cancelled are none. */
  units: number
  /** The rule that admitted them. */
  readonly rule: Rule
  /** The rules that either process had since the admission before. */
  readonly since: ReadonlySet<Rule>
  /** How often the bucket may have been reset since then, by an operator or by a change of the rule. */
  readonly resets: number
}

/** A store whose time is in the hands of the test. */
export interface TimedStore {
  readonly store: Store
  setNowUs(us: number): void
}

/** Runs a store through changes. */
export async function admissionsOf({ store, setNowUs }: TimedStore, changes: Changes): Promise<Admission[]> {
  const { rules, versions } = changes
  const limitsOf = (rule: Rule) => [{ name: 'all', by: everyone, rule: () => rule }]
  const [ahead, behind] = [createLimiter({ limits: limitsOf(rules[0]!), store }), createLimiter({ limits: limitsOf(rules[0]!), store })]
  const admissions: Admission[] = []
  let nowUs = changes.startUs
  let [latest, known, changed] = [0, 0, 0]
  const reserved: { readonly reservation: Reservation; readonly admission: Admission }[] = []
  let migrate: Migrate = 'keepUsed'
  let since = new Set<Rule>()
  let resets = 0

  async function update(limiter: Limiter): Promise<void> {
    await limiter.update(limitsOf(rules[latest]!), versions ? { migrate, version: String(changed) } : { migrate })
  }

  async function take(limiter: Limiter, wanted: number | 'all'): Promise<void> {
    const units = wanted === 'all' ? (await limiter.peek()).limits[0]!.remaining : wanted
    admitted(await limiter.consume(undefined, { cost: units }), units)
  }

  function admitted({ allowed, limits }: Decision, units: number): Admission | undefined {
    if (!allowed || units === 0) return undefined
    const admission = { atUs: nowUs, units, rule: limits[0]!.rule, since, resets }
    admissions.push(admission)
    resets = 0
    since = new Set([rules[latest]!, rules[known]!])
    return admission
  }

  async function reserve(units: number): Promise<void> {
    const reservation = await ahead.reserve(undefined, { cost: units })
    const admission = admitted(reservation.decision, units)
    if (admission !== undefined) reserved.push({ reservation, admission })
  }

  async function cancel(which: number): Promise<void> {
    const [cancelled] = reserved.splice(which % Math.max(1, reserved.length), 1)
    if (cancelled === undefined) return
    await cancelled.reservation.cancel()
    cancelled.admission.units = 0
  }

  for (const step of changes.steps) {
    setNowUs(nowUs)
    if (step.do === 'wait') nowUs += step.us
    else if (step.do === 'take') await take(step.behind ? behind : ahead, step.units)
    else if (step.do === 'reserve') await reserve(step.units)
    else if (step.do === 'cancel') await cancel(step.reservation)
    else if (step.do === 'reset') {
      resets += 1
      await ahead.reset('all', [])
    } else if (step.do === 'block') await ahead.block('all', [], `${step.ms}ms`)
    else {
      if (step.do === 'change') {
        if (step.migrate === 'reset') resets += 1
        latest = step.rule
        migrate = step.migrate
        changed += 1
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
