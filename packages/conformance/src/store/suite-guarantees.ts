/** Suite: guaranteed shares are decided beside their parent, whose capacity holds whatever they guarantee. */
import { fixedWindow, guaranteedShareOf } from '@sluice/core'
import { resolveShare } from '@sluice/core/internal'
import type { PartialCharge, Scene, Suite } from './scene.ts'

const ten = fixedWindow({ capacity: 10, per: '1s' })
const three = resolveShare(guaranteedShareOf('api', 0.3), ten, 'app')

/** What a call of an application asks: its part of an API of ten a second, of which it is guaranteed three. */
function callOf(key: string, cost = 1, more: PartialCharge = {}): [parent: PartialCharge, child: PartialCharge] {
  return [
    { limit: 'api', key: 'search', rule: ten, cost },
    { limit: 'app', key, rule: three, parent: 'api', cost, ...more },
  ]
}

/** How many of so many calls are admitted. */
async function admitted({ consume }: Scene, key: string, calls: number): Promise<number> {
  let count = 0
  for (let i = 0; i < calls; i++) if ((await consume(...callOf(key))).allowed) count++
  return count
}

/** Makes the guarantees of both active, and waits for the next second. */
async function activate(scene: Scene): Promise<void> {
  await scene.consume(...callOf('a'))
  await scene.consume(...callOf('b'))
  await scene.wait(1000)
}

export const guaranteesShares: Suite = (play, expect) => {
  play('keeps an active guarantee, whichever key comes first', async (scene) => {
    await activate(scene)
    expect([await admitted(scene, 'a', 20), await admitted(scene, 'b', 20)]).toEqual([7, 3])
  })

  play('lets a guarantee flow to others when its key has not asked for a period', async (scene) => {
    await activate(scene)
    await scene.wait(1000)
    expect([await admitted(scene, 'a', 20), await admitted(scene, 'b', 1)]).toEqual([10, 0])
    await scene.wait(1000)
    expect([await admitted(scene, 'a', 20), await admitted(scene, 'b', 20)]).toEqual([7, 3])
  })

  play('tells the guarantee, what is left of it, and when more is admitted', async (scene) => {
    await activate(scene)
    await scene.wait(250)
    await admitted(scene, 'b', 1)
    await admitted(scene, 'a', 7)
    const own = async (cost: number): Promise<unknown> => (await scene.peek(...callOf('a', cost))).limits[1]
    expect(await own(1)).toMatchObject({ allowed: false, capacity: 3, remaining: 0, near: true, retryAfterMs: 750, resetAfterMs: 750 })
    expect(await own(8)).toMatchObject({ allowed: false, retryAfterMs: 1750 })
    expect(await own(11)).toMatchObject({ allowed: false, retryAfterMs: null })
    expect(await own(0)).toMatchObject({ allowed: true, retryAfterMs: 0 })
  })

  play('a peek and a cost of 0 ask for nothing', async (scene) => {
    await scene.peek(...callOf('b'))
    await scene.consume(...callOf('b', 0))
    expect(await admitted(scene, 'a', 20)).toBe(10)
  })

  play('keeps again what a reservation did not use', async (scene) => {
    await activate(scene)
    const held = await scene.hold(...callOf('b', 3))
    expect(await admitted(scene, 'a', 5)).toBe(5)
    await scene.settle(held, 1, 1)
    expect([await admitted(scene, 'a', 20), await admitted(scene, 'b', 20)]).toEqual([2, 2])
  })

  play('keeps again what is refunded', async (scene) => {
    await activate(scene)
    await scene.consume(...callOf('b', 3))
    await scene.refund(...callOf('b', 2))
    expect([await admitted(scene, 'a', 20), await admitted(scene, 'b', 20)]).toEqual([7, 2])
  })

  play('keeps again what an earlier stage gives back', async (scene) => {
    await activate(scene)
    const held = await scene.hold(...callOf('b', 2))
    const dear: PartialCharge = { limit: 'narrow', cost: 11 }
    const { undone } = await scene.call('reserve', [...callOf('b', 1), dear], { undo: [held] })
    expect(undone.map(({ name, remaining }) => [name, remaining])).toEqual([
      ['api', 10],
      ['app', 3],
    ])
    expect(await admitted(scene, 'a', 20)).toBe(7)
  })

  play('a share that is only measured keeps nothing from those that are enforced', async (scene) => {
    await activate(scene)
    const trial: PartialCharge = { limit: 'trial', key: 'c', rule: three, parent: 'api', shadow: true }
    expect((await scene.consume(...callOf('b'), trial)).limits[2]).toMatchObject({ shadow: true, remaining: 2 })
    expect(await admitted(scene, 'a', 20)).toBe(7)
  })

  play('limits nothing without its parent', async (scene) => {
    const [, orphan] = callOf('a')
    for (let i = 0; i < 5; i++) expect((await scene.consume(orphan)).limits[0]).toMatchObject({ allowed: true, remaining: 3 })
  })
}
