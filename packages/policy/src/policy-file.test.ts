import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { follow, policy } from '../test/follow-scene.ts'
import { policyFile } from './policy-file.ts'

const folder = await mkdtemp(join(tmpdir(), 'sluice-policy-'))
afterAll(() => rm(folder, { recursive: true }))

describe('a policy in a file', () => {
  test('is read again when it is replaced, and a half written one is lived through', async () => {
    const path = join(folder, 'written.json')
    await writeFile(path, policy('1', 10))
    const { limiter, latest } = await follow(policyFile(path))
    await writeFile(path, policy('2', 20).slice(0, 50))
    await latest({ state: 'refused' })
    await writeFile(`${path}.new`, policy('3', 30))
    await rename(`${path}.new`, path)
    await latest({ state: 'applied', version: '3' })
    expect((await limiter.peek('a')).limits[0]?.capacity).toBe(30)
  })

  test('is followed through links that are swapped, as Kubernetes does it with a mounted configuration', async () => {
    const mount = join(folder, 'mount')
    const publish = async (version: string, capacity: number): Promise<void> => {
      await mkdir(join(mount, `..${version}`), { recursive: true })
      await writeFile(join(mount, `..${version}`, 'policy.json'), policy(version, capacity))
      await symlink(`..${version}`, join(mount, '..new'))
      await rename(join(mount, '..new'), join(mount, '..data'))
    }
    await publish('1', 10)
    await symlink(join('..data', 'policy.json'), join(mount, 'policy.json'))
    const { events, latest } = await follow(policyFile(join(mount, 'policy.json')))
    for (const version of ['2', '3']) {
      await publish(version, 20)
      await rm(join(mount, `..${Number(version) - 1}`), { recursive: true })
      await latest({ state: 'applied', version })
    }
    expect(events.map(({ state }) => state)).toEqual(['applied', 'applied', 'applied'])
  })

  test('that is not there is an error that names it', async () => {
    await expect(follow(policyFile('/nowhere/policy.json'))).rejects.toMatchObject({
      code: 'SLUICE_POLICY_SOURCE',
      message: expect.stringContaining("'/nowhere/policy.json'"),
    })
  })

  test('that goes away stays in force, and is followed again when it is back', async () => {
    const path = join(folder, 'going.json')
    await writeFile(path, policy('1', 10))
    const { limiter, latest } = await follow(policyFile(path))
    await rm(path)
    await latest({ state: 'refused', error: { code: 'SLUICE_POLICY_SOURCE' } })
    expect((await limiter.peek('a')).limits[0]?.capacity).toBe(10)
    await writeFile(path, policy('2', 20))
    await latest({ state: 'applied', version: '2' })
  })
})
