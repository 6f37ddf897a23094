/** The table of the outage guide, and what proves each of its cells. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MaybePromise } from '@sluice/core'
import { expect } from 'vitest'
import { until } from '../../servers/index.ts'
import { type LateScene, leaseMs, who } from './late-scene.ts'

/** One cell: what the guide says, and its proof. */
type Cell = readonly [effect: string, proof: (scene: LateScene) => Promise<void>]

/** What becomes of one verb. */
export interface VerbRow {
  readonly verb: string
  /** The command never reached the store. */
  readonly notSent: Cell
  /** It reached the store, and the answer came after `timeout`. */
  readonly late: Cell
  /** The local fallback answered, or made what is settled now. */
  readonly local: Cell
}

const storeError = { code: 'SLUICE_STORE' }

/** An operator gets an error, which names no more than that. */
async function fails(answer: () => MaybePromise<unknown>): Promise<void> {
  await expect(Promise.resolve().then(answer)).rejects.toMatchObject(storeError)
}

/** A cell in which an operator's verb fails while the store is cut off or slow. */
const failing = (effect: string, how: 'cut' | 'slow', ask: (scene: LateScene) => MaybePromise<unknown>): Cell => [
  effect,
  async (it) => {
    await it[how]()
    await fails(() => ask(it))
  },
]

export const verbRows: readonly VerbRow[] = [
  {
    verb: '`consume`',
    notSent: [
      '`onOutage` decides, nothing is charged in the store',
      async ({ app, cut, heal, leftInStore }) => {
        await cut()
        expect(await app.units.consume(who, { cost: 4 })).toMatchObject({ allowed: true, decidedBy: 'local' })
        await heal()
        await leftInStore('units', 10)
      },
    ],
    late: [
      '`onOutage` decides, stays charged in the store once, never sent again',
      async ({ app, slow, heal, leftInStore }) => {
        await slow()
        expect(await app.units.consume(who, { cost: 4 })).toMatchObject({ allowed: true, decidedBy: 'local' })
        await heal()
        await leftInStore('units', 6)
      },
    ],
    local: [
      "charges this process's part, which is not carried over",
      async ({ app, cut, heal, leftHere, leftInStore }) => {
        await cut()
        await app.units.consume(who, { cost: 4 })
        expect(await leftHere('units')).toBe(6)
        await heal()
        await leftInStore('units', 10)
        await cut()
        expect(await leftHere('units')).toBe(6)
      },
    ],
  },
  {
    verb: '`peek`',
    notSent: [
      '`onOutage` decides, changes nothing',
      async ({ app, cut, leftHere }) => {
        await cut()
        expect(await app.units.peek(who, { cost: 4 })).toMatchObject({ allowed: true, decidedBy: 'local' })
        expect(await leftHere('units')).toBe(10)
      },
    ],
    late: [
      '`onOutage` decides, changes nothing',
      async ({ app, slow, heal, leftInStore }) => {
        await slow()
        expect(await app.units.peek(who, { cost: 4 })).toMatchObject({ allowed: true, decidedBy: 'local' })
        await heal()
        await leftInStore('units', 10)
      },
    ],
    local: [
      "says how this process's part stands",
      async ({ app, cut, leftHere }) => {
        await app.units.consume(who, { cost: 4 })
        await cut()
        expect(await leftHere('units')).toBe(10)
      },
    ],
  },
  {
    verb: '`reserve`',
    notSent: [
      '`onOutage` decides, nothing is held in the store',
      async ({ app, cut, heal, leftInStore }) => {
        await cut()
        expect((await app.first.reserve(who)).decision).toMatchObject({ allowed: true, decidedBy: 'local' })
        await heal()
        await leftInStore('slots', 2)
        await leftInStore('units', 10)
      },
    ],
    late: [
      '`onOutage` decides, the late hold is given back',
      async ({ app, slow, heal, leftInStore }) => {
        await slow()
        expect((await app.first.reserve(who)).decision).toMatchObject({ allowed: true, decidedBy: 'local' })
        await leftInStore('slots', 2)
        await heal()
        await leftInStore('units', 10)
      },
    ],
    local: [
      "holds this process's part until it is settled here",
      async ({ app, cut, heal, leftHere, leftInStore }) => {
        await cut()
        const held = await app.units.reserve(who, { cost: 4 })
        expect(await leftHere('units')).toBe(6)
        await heal()
        await held.cancel()
        await cut()
        expect(await leftHere('units')).toBe(10)
        await heal()
        await leftInStore('units', 10)
      },
    ],
  },
  {
    verb: '`reserve` with `extend`, admitted by `onOutage`',
    notSent: [
      'earlier stages stay held',
      async ({ app, held, cut, heal, leftInStore }) => {
        const first = await held(app.first)
        await cut()
        expect((await app.pace.reserve(who, { extend: [first] })).decision).toMatchObject({ allowed: true, decidedBy: 'local' })
        await heal()
        await leftInStore('slots', 1)
        await first.settle(3)
        await leftInStore('units', 7)
      },
    ],
    late: [
      'earlier stages stay held, whatever the late answer is',
      async ({ app, truth, held, slow, heal, leftInStore }) => {
        const first = await held(app.first)
        await truth.pace.consume(who)
        await slow()
        expect((await app.pace.reserve(who, { extend: [first] })).decision).toMatchObject({ allowed: true, decidedBy: 'local' })
        await heal()
        await leftInStore('slots', 1)
        await first.settle(3)
        await leftInStore('units', 7)
        await leftInStore('slots', 2)
      },
    ],
    local: [
      'earlier stages of this process are given back by a later refusal of the store',
      async ({ app, truth, cut, heal, leftHere }) => {
        await truth.pace.consume(who)
        await cut()
        const first = await app.first.reserve(who)
        await heal()
        expect((await app.pace.reserve(who, { extend: [first] })).decision).toMatchObject({ allowed: false, decidedBy: 'store' })
        await cut()
        expect([await leftHere('units'), await leftHere('slots')]).toEqual([10, 2])
      },
    ],
  },
  {
    verb: '`reserve` with `extend`, refused by `onOutage`',
    notSent: [
      'earlier stages are given back as soon as the store answers',
      async ({ app, held, cut, heal, leftInStore }) => {
        const first = await held(app.first)
        await cut()
        expect((await app.strict.reserve(who, { extend: [first] })).decision).toMatchObject({ outcome: 'unavailable' })
        await heal()
        await leftInStore('slots', 2)
        await leftInStore('units', 10)
      },
    ],
    late: [
      'earlier stages are given back, and so is the late hold',
      async ({ app, held, slow, heal, leftInStore }) => {
        const first = await held(app.first)
        await slow()
        expect((await app.strict.reserve(who, { extend: [first] })).decision).toMatchObject({ outcome: 'unavailable' })
        await heal()
        await leftInStore('slots', 2)
        await leftInStore('units', 10)
        await leftInStore('strict', 10)
      },
    ],
    local: [
      'earlier stages of this process are given back at once',
      async ({ app, cut, leftHere }) => {
        await cut()
        const first = await app.first.reserve(who)
        expect((await app.strict.reserve(who, { extend: [first] })).decision).toMatchObject({ outcome: 'unavailable' })
        expect([await leftHere('units'), await leftHere('slots')]).toEqual([10, 2])
      },
    ],
  },
  {
    verb: '`settle`',
    notSent: [
      'a fault, sent again until the store confirms it',
      async ({ app, held, cut, heal, faults, leftInStore }) => {
        const first = await held(app.units, 4)
        await cut()
        await first.settle(1)
        expect(faults).toEqual(['SLUICE_STORE'])
        await heal()
        await leftInStore('units', 9)
      },
    ],
    late: [
      'a fault, sent again, counts once',
      async ({ app, held, slow, heal, faults, leftInStore }) => {
        const first = await held(app.units, 4)
        await slow()
        await first.settle(1)
        expect(faults).toEqual(['SLUICE_STORE'])
        await heal()
        await leftInStore('units', 9)
      },
    ],
    local: [
      'settled in this process, also when the store is back',
      async ({ app, cut, heal, faults, leftHere, leftInStore }) => {
        await cut()
        const first = await app.units.reserve(who, { cost: 4 })
        await heal()
        await first.settle(1)
        await leftInStore('units', 10)
        await cut()
        expect([await leftHere('units'), faults]).toEqual([9, []])
      },
    ],
  },
  {
    verb: '`cancel`',
    notSent: [
      'a fault, sent again until the store confirms it',
      async ({ app, held, cut, heal, faults, leftInStore }) => {
        const first = await held(app.first)
        await cut()
        await first.cancel()
        expect(faults).toEqual(['SLUICE_STORE'])
        await heal()
        await leftInStore('slots', 2)
        await leftInStore('units', 10)
      },
    ],
    late: [
      'a fault, sent again, counts once',
      async ({ app, held, slow, heal, leftInStore }) => {
        const [first] = [await held(app.first), await held(app.first)]
        await slow()
        await first!.cancel()
        await heal()
        await leftInStore('slots', 1)
        await leftInStore('units', 9)
      },
    ],
    local: [
      'returned to this process, also when the store is back',
      async ({ app, cut, heal, leftHere }) => {
        await cut()
        const first = await app.first.reserve(who)
        await heal()
        await first.cancel()
        await cut()
        expect([await leftHere('units'), await leftHere('slots')]).toEqual([10, 2])
      },
    ],
  },
  {
    verb: '`renew`',
    notSent: ['true and a fault, sent again until the store confirms it', (it) => renewsThough(it, 'cut')],
    late: ['true and a fault, sent again', (it) => renewsThough(it, 'slow')],
    local: [
      'prolonged in this process, false once it is settled',
      async ({ app, cut, heal }) => {
        await cut()
        const first = await app.slots.reserve(who)
        expect(await first.renew()).toBe(true)
        await heal()
        expect(await first.renew()).toBe(true)
        await first.cancel()
        expect(await first.renew()).toBe(false)
      },
    ],
  },
  {
    verb: '`refund`',
    notSent: [
      'a fault, nothing is returned, never sent again',
      async ({ app, cut, heal, faults, leftInStore }) => {
        await app.units.consume(who, { cost: 4 })
        await cut()
        await app.units.refund(who)
        expect(faults).toEqual(['SLUICE_STORE'])
        await heal()
        await leftInStore('units', 6)
      },
    ],
    late: [
      'a fault, returned once, never sent again',
      async ({ app, slow, heal, faults, leftInStore }) => {
        await app.units.consume(who, { cost: 4 })
        await slow()
        await app.units.refund(who)
        expect(faults).toEqual(['SLUICE_STORE'])
        await heal()
        await leftInStore('units', 7)
      },
    ],
    local: [
      "returns nothing to this process's part",
      async ({ app, cut, leftHere }) => {
        await cut()
        await app.units.consume(who, { cost: 4 })
        await app.units.refund(who)
        expect(await leftHere('units')).toBe(6)
      },
    ],
  },
  {
    verb: 'a strike of `ban`',
    notSent: ['a fault, not counted, never sent again', (it) => strikes(it, 'cut', 2)],
    late: ['a fault, counted once, never sent again', (it) => strikes(it, 'slow', 1)],
    local: [
      'refusals of this process count against no key',
      async ({ app, truth, cut, heal }) => {
        await cut()
        for (let i = 0; i < 4; i++) await app.login.consume(who, { cost: 9 })
        await heal()
        expect(await truth.login.consume(who)).toMatchObject({ allowed: true })
        expect(await truth.login.bans('login')).toEqual([])
      },
    ],
  },
  {
    verb: '`inspect`',
    notSent: failing('fails with `SLUICE_STORE`', 'cut', ({ app }) => app.units.inspect('units', who)),
    late: failing('fails with `SLUICE_STORE`', 'slow', ({ app }) => app.units.inspect('units', who)),
    local: [
      'fails with `SLUICE_STORE`, never says what only this process knows',
      async ({ app, cut, heal }) => {
        await cut()
        await app.units.consume(who)
        await fails(() => app.units.inspect('units', who))
        await heal()
        expect(await app.units.inspect('units', who)).toBe(null)
      },
    ],
  },
  {
    verb: '`bans`',
    notSent: failing('fails with `SLUICE_STORE`', 'cut', ({ app }) => app.units.bans('units')),
    late: failing('fails with `SLUICE_STORE`', 'slow', ({ app }) => app.units.bans('units')),
    local: [
      'fails with `SLUICE_STORE`, never says what only this process knows',
      async ({ app, cut, heal }) => {
        await cut()
        await fails(() => app.units.block('units', who, '1h'))
        await fails(() => app.units.bans('units'))
        await heal()
        expect(await app.units.bans('units')).toEqual([])
      },
    ],
  },
  {
    verb: '`reset`',
    notSent: [
      'fails with `SLUICE_STORE`, never sent again',
      async ({ app, cut, heal, leftInStore }) => {
        await app.units.consume(who, { cost: 4 })
        await cut()
        await fails(() => app.units.reset('units', who))
        await heal()
        await leftInStore('units', 6)
      },
    ],
    late: [
      'fails with `SLUICE_STORE`, is carried out',
      async ({ app, slow, heal, leftInStore }) => {
        await app.units.consume(who, { cost: 4 })
        await slow()
        await fails(() => app.units.reset('units', who))
        await heal()
        await leftInStore('units', 10)
      },
    ],
    local: [
      "forgets this process's part as well",
      async ({ app, cut, leftHere }) => {
        await cut()
        await app.units.consume(who, { cost: 4 })
        await fails(() => app.units.reset('units', who))
        expect(await leftHere('units')).toBe(10)
      },
    ],
  },
  {
    verb: '`block`',
    notSent: [
      'fails with `SLUICE_STORE`, never sent again',
      async ({ app, truth, cut, heal }) => {
        await cut()
        await fails(() => app.units.block('units', who, '1h'))
        await heal()
        expect(await truth.units.consume(who)).toMatchObject({ allowed: true })
      },
    ],
    late: [
      'fails with `SLUICE_STORE`, is carried out',
      async ({ app, truth, slow, heal }) => {
        await slow()
        await fails(() => app.units.block('units', who, '1h'))
        await heal()
        expect(await truth.units.consume(who)).toMatchObject({ allowed: false })
      },
    ],
    local: [
      'holds in this process while the store is away',
      async ({ app, cut }) => {
        await cut()
        await fails(() => app.units.block('units', who, '1h'))
        expect(await app.units.consume(who)).toMatchObject({ allowed: false, decidedBy: 'local' })
      },
    ],
  },
]

/** The lease ends later than without the renewal, as soon as the store is in reach. */
async function renewsThough({ app, truth, held, cut, slow, heal, faults }: LateScene, how: 'cut' | 'slow'): Promise<void> {
  const first = await held(app.slots)
  const endsMs = performance.now() + leaseMs
  await sleep(300)
  await (how === 'cut' ? cut : slow)()
  expect(await first.renew()).toBe(true)
  expect(faults).toEqual(['SLUICE_STORE'])
  await heal()
  const end = async (): Promise<number> => {
    const nowMs = performance.now()
    return nowMs + (await truth.slots.inspect('slots', who))!.resetAfterMs
  }
  await until(async () => (await end()) > endsMs, { what: 'a later end of the lease', withinMs: 10_000 })
  expect(await first.renew()).toBe(true)
}

/** After one strike while the store is out of reach, so many more ban. */
async function strikes(it: LateScene, how: 'cut' | 'slow', more: number): Promise<void> {
  await it[how]()
  expect(await it.strike()).toBe(null)
  expect(it.faults).toEqual(['SLUICE_STORE'])
  await it.heal()
  for (let i = 1; i < more; i++) expect(await it.strike()).toBe(null)
  expect(await it.strike()).toMatchObject({ level: 1 })
}
