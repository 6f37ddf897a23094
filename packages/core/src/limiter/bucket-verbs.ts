/** What operators ask of single buckets, by the name of a limit and a key, without a subject at hand. */
import { parseDuration } from '../duration.ts'
import { encodeListedKey, parseKey } from '../key-parts.ts'
import { andThen } from '../maybe-promise.ts'
import { withText } from '../sluice-error.ts'
import type { Store } from '../store.ts'
import type { Admin } from './limiter-contract.ts'
import { limitNamed, type Policy } from './policy.ts'

/** Blocked keys that are listed at most. */
const mostListed = 1000

/** The verbs of a limiter for its operators. @param current - the policy in force; throws once the limiter is closed */
export function bucketVerbs<C>(current: () => Policy<C>, store: Store): Pick<Admin, 'inspect' | 'reset' | 'block' | 'bans'> {
  return {
    inspect(name, key) {
      const limit = limitNamed(current(), name)
      return store.inspect(limit.facts, encodeListedKey(key, name), limit.fixedRule === undefined ? null : limit.termsOf(limit.fixedRule))
    },
    reset: (name, key) => store.reset(limitNamed(current(), name).facts, encodeListedKey(key, name)),
    block: (name, key, duration) =>
      store.block(
        limitNamed(current(), name).facts,
        encodeListedKey(key, name),
        withText('fixed', () => parseDuration(duration, 'duration', true)),
      ),
    bans: (name) =>
      andThen(store.blocked(limitNamed(current(), name).facts, mostListed), (blocked) =>
        blocked.map(({ key, blockedForMs }) => ({ key: parseKey(key), blockedForMs })),
      ),
  }
}
