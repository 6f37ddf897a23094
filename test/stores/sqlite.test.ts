/** A store of rows in a SQLite file passes the suite of all stores, and processes share it. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describeStore } from '@sluice/conformance/store'
import { manualClock } from '@sluice/core/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteStore } from '../../examples/sqlite/sqlite-store.ts'
import { compiled } from '../servers/index.ts'

const folder = await mkdtemp(join(tmpdir(), 'sluice-sqlite-'))
afterAll(() => rm(folder, { recursive: true }))

describeStore({ describe, expect, test }, 'a SQLite file', () => {
  const clock = manualClock()
  const store = sqliteStore(':memory:', { processes: 1, timeout: '10s', clock })
  return { store, setNowUs: clock.setUs, dispose: () => store.close() }
})

test('of what two processes ask of one bucket in a file exactly its capacity passes', { timeout: 60_000 }, async () => {
  const program = await compiled(join(import.meta.dirname, 'sqlite-hammer.ts'))
  const run = async (): Promise<number> => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, join(folder, 'shared.sqlite'), '20', '25'])
    return Number(stdout)
  }
  const passed = await Promise.all([run(), run()])
  expect(passed.reduce((sum, one) => sum + one)).toBe(25)
})
