/** The runtimes that are not Node throttle, and load one copy of the packages. */

import { runtimeVersions } from '../../scripts/programs.ts'
import { applicationPeers, type Consumer, createProject } from './project.ts'
import { writeWorkerdConfig } from './workerd.ts'

const programs = ['throttle.mjs', 'serve.mjs', 'one-copy.mjs']

const bun: Consumer = {
  name: `Bun ${runtimeVersions.bun}`,
  holds: 'the core, Hono and bare handlers throttle, and import and require give one copy',
  async run(tarballs) {
    const { run } = await createProject(tarballs, { ...applicationPeers(tarballs), bun: runtimeVersions.bun })
    for (const program of programs) await run('node_modules/.bin/bun', 'run', program)
  },
}

const deno: Consumer = {
  name: `Deno ${runtimeVersions.deno}`,
  holds: 'the core, Hono and bare handlers throttle without a permission, and import and require give one copy',
  async run(tarballs) {
    const { run } = await createProject(tarballs, { ...applicationPeers(tarballs), deno: runtimeVersions.deno })
    // No permission is given, and none may be asked for.
    for (const program of programs) await run('node_modules/.bin/deno', 'run', '--no-prompt', program)
  },
}

const workerd: Consumer = {
  name: `workerd ${runtimeVersions.workerd}`,
  holds: 'the core, Hono and bare handlers throttle, with nothing of Node',
  async run(tarballs) {
    const { folder, run } = await createProject(tarballs, { ...applicationPeers(tarballs), workerd: runtimeVersions.workerd })
    await run('node_modules/.bin/workerd', 'test', writeWorkerdConfig(folder))
  },
}

export const runtimes: readonly Consumer[] = [bun, deno, workerd]
