import { tokenBucket } from '@sluice/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type FakeRequest, fakeAdapter, fakeGuard, send } from '../../test/fake-adapter.ts'
import type { HttpLimit } from '../http-limit.ts'

// One text is printed once, so each test has a limit of its own.
let limits: HttpLimit<FakeRequest>[]
let tests = 0
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** The codes of warnings that are printed while turns of the event loop pass. */
async function warnings(act: () => unknown, turns = 3): Promise<readonly (string | undefined)[]> {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  for (let i = 0; i < turns; i++) {
    await act()
    await turn()
  }
  const codes = warned.mock.calls.map((call) => (call[1] as { code?: string }).code)
  warned.mockRestore()
  return codes
}

beforeEach(async () => {
  limits = [{ name: `limit of test ${++tests}`, rule: tokenBucket({ capacity: 1, per: '1h' }) }]
  // Two requests in the turn of its making: the row of the last test ends here.
  const guard = fakeGuard({ limits })
  await send(guard)
  await send(guard)
  await turn()
})

describe('a guard that is made for each request draws one warning', () => {
  test('where a middleware makes it', async () => {
    expect(await warnings(() => send(fakeGuard({ limits })), 6)).toEqual(['SLUICE_GUARD_PER_REQUEST'])
  })

  test('where several requests come in one turn', async () => {
    const several = (): Promise<unknown> => Promise.all([1, 2, 3].map(() => send(fakeGuard({ limits }))))
    expect(await warnings(several, 1)).toEqual(['SLUICE_GUARD_PER_REQUEST'])
  })

  test('where a handler adds limits to a guard of the application', async () => {
    const guard = fakeGuard({ limits })
    await turn()
    const each = (): Promise<number> => {
      const route = guard.route(guard.root.plan, { cost: 1 }, 'with')
      return send(guard, {}, route)
    }
    expect(await warnings(each)).toEqual(['SLUICE_GUARD_PER_REQUEST'])
  })

  test('where it is made by a function that answers later', async () => {
    const make = async () => fakeGuard({ limits })
    expect(await warnings(async () => send(await make()))).toEqual(['SLUICE_GUARD_PER_REQUEST'])
  })
})

describe('no warning is drawn by guards', () => {
  test('that are made before their requests come', async () => {
    const each = async (): Promise<void> => {
      const guard = fakeGuard({ limits })
      await turn()
      await send(guard)
    }
    expect(await warnings(each)).toEqual([])
  })

  test('that two requests meet at once, as in tests', async () => {
    const each = async (): Promise<void> => {
      const guard = fakeGuard({ limits })
      await send(guard)
      await send(guard)
    }
    expect(await warnings(each)).toEqual([])
  })

  test('of which some alone meet a request at once', async () => {
    const both = async (): Promise<void> => {
      await send(fakeGuard({ limits }))
      await turn()
      const guard = fakeGuard({ limits })
      await send(guard)
      await send(guard)
    }
    expect(await warnings(both)).toEqual([])
  })

  test('that the framework was given itself', async () => {
    expect(await warnings(() => send(fakeGuard({ limits }, fakeAdapter({ isMounted: () => true }))))).toEqual([])
  })

  test('that meet no request, however many there are', async () => {
    expect(await warnings(() => Array.from({ length: 100 }, () => fakeGuard({ limits })))).toEqual([])
  })
})
