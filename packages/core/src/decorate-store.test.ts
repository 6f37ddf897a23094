import { expect, test } from 'vitest'
import { decorateStore } from './decorate-store.ts'
import { memoryStore } from './memory/memory-store.ts'
import type { Store } from './store.ts'

/** Each method, and what it gets. */
const methods = [
  ['decide', ['a', 'b']],
  ['settle', ['a', 'b', 'c']],
  ['renew', ['a', 'b']],
  ['refund', ['a', 'b']],
  ['inspect', ['a', 'b', 'c']],
  ['reset', ['a', 'b']],
  ['block', ['a', 'b', 'c']],
  ['strike', ['a', 'b']],
  ['blocked', ['a', 'b']],
] as const

/** A store whose methods answer with their names and what they got. */
function echoing(more: Partial<Store> = {}): Store {
  const answers = methods.map(([name]) => [name, (...args: unknown[]) => [name, ...args]])
  return { sync: true, close: () => {}, ...Object.fromEntries(answers), ...more } as Store
}

/** A method of a store as a plain function. */
function plain(store: Store, name: (typeof methods)[number][0]): (...args: unknown[]) => unknown {
  return store[name] as never
}

test.each(methods)('%s is forwarded with what it got, or overridden', (name, args) => {
  expect(plain(decorateStore(echoing()), name)(...args)).toEqual([name, ...args])
  expect(plain(decorateStore(echoing(), { [name]: () => 'other' }), name)()).toBe('other')
})

test.each(methods)('what stands around the methods also stands around %s, and gets its name', async (name, args) => {
  const store = decorateStore(echoing(), { sync: false }, async (ask, method) => [await ask(), method] as never)
  expect(await plain(store, name)(...args)).toEqual([[name, ...args], name])
})

test('optional methods are there if the inner store has them, and are hidden by undefined', () => {
  const rich = echoing({ mostLimits: 3, watch: () => () => {}, decideLaterStage: () => undefined })
  expect(decorateStore(rich)).toMatchObject({ mostLimits: 3, watch: expect.any(Function), decideLaterStage: expect.any(Function) })
  expect(decorateStore(rich, { decideLaterStage: undefined }).decideLaterStage).toBeUndefined()
  expect(Object.keys(decorateStore(echoing())).filter((key) => /mostLimits|watch|decideLaterStage/.test(key))).toEqual([])
})

test('a store with methods of its own is called as itself', () => {
  expect(decorateStore(memoryStore()).close()).toBeUndefined()
})
