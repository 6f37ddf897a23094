/** A store on top of another one: the same methods, some of them changed. */
import type { MaybePromise } from './maybe-promise.ts'
import type { Store } from './store.ts'

/** What happens around each method that is not overridden. `ask` calls the method of the inner store. */
export type AroundStore = <T>(ask: () => MaybePromise<T>, method: keyof Store) => MaybePromise<T>

/**
 * A store that forwards every method to another one, except for the overrides. An optional method that the inner store lacks is
 * lacking here too. To hide one that it has, override it with `undefined`.
 * @param around - wraps what is forwarded; without it, the inner store is asked directly
 */
export function decorateStore(store: Store, overrides: StoreOverrides = {}, around: AroundStore = (ask) => ask()): Store {
  const { decideLaterStage, watch, mostLimits } = store
  const decorated = {
    sync: store.sync,
    ...(mostLimits !== undefined && { mostLimits }),
    decide: (call, report) => around(() => store.decide(call, report), 'decide'),
    ...(decideLaterStage !== undefined && { decideLaterStage: (call) => store.decideLaterStage!(call) }),
    settle: (hold, actual, report) => around(() => store.settle(hold, actual, report), 'settle'),
    renew: (hold, report) => around(() => store.renew(hold, report), 'renew'),
    refund: (charges, report) => around(() => store.refund(charges, report), 'refund'),
    inspect: (...args) => around(() => store.inspect(...args), 'inspect'),
    reset: (limit, key) => around(() => store.reset(limit, key), 'reset'),
    resetAll: (limit) => around(() => store.resetAll(limit), 'resetAll'),
    block: (limit, key, durationMs) => around(() => store.block(limit, key, durationMs), 'block'),
    strike: (limit, key) => around(() => store.strike(limit, key), 'strike'),
    blocked: (limit, most) => around(() => store.blocked(limit, most), 'blocked'),
    ...(watch !== undefined && { watch: (watcher) => store.watch!(watcher) }),
    close: () => store.close(),
    ...overrides,
  } satisfies StoreOverrides
  return decorated as Store
}

/** Properties of a store to change. */
export type StoreOverrides = { readonly [K in keyof Store]?: Store[K] | undefined }
