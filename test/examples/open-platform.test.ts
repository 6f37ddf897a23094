/** The open platform in one process, with its policy in a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describePlatform } from './platform-scenarios.ts'

const folder = await mkdtemp(join(tmpdir(), 'sluice-platform-'))
afterAll(() => rm(folder, { recursive: true }))
const path = join(folder, 'policy.json')

describePlatform('the open platform in memory', {
  env: { POLICY: path },
  publish: (policy) => writeFile(path, JSON.stringify(policy)),
})
