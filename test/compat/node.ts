/** Node: an install by npm, then `import` and `require` of every entry point, on every version that is supported. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../../scripts/command.ts'
import { nodeVersions, prometheusVersions } from '../../scripts/programs.ts'
import { temporaryFolder } from '../../scripts/temporary-folder.ts'
import { faultsOf } from './contents.ts'
import { type Consumer, createProject, peersOf, specifiersOf } from './project.ts'

const platform = process.platform === 'win32' ? 'win' : process.platform
const nodes = Object.fromEntries(nodeVersions.map((version) => [`node-${version}`, `npm:node-${platform}-${process.arch}@${version}`]))

const install: Consumer = {
  name: 'npm install',
  holds: 'npm installs the tarballs with their peers, and each of them is whole',
  async run(tarballs) {
    const folder = temporaryFolder('sluice-install-')
    const packed = Object.fromEntries(tarballs.map((each) => [each.package.manifest.name, `file:${each.file}`]))
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, dependencies: { ...peersOf(tarballs), ...packed } }, null, 2),
    )
    await mustRun(['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'], folder)
    const faults = tarballs.flatMap((each) => faultsOf(each.package, folder))
    if (faults.length > 0) throw new Error(faults.join('\n'))
  },
}

const prometheus = Object.fromEntries(Object.entries(prometheusVersions).map(([name, { version }]) => [name, version]))

const onNode: Consumer = {
  name: `Node ${nodeVersions.join(', ')}`,
  holds: 'import and require give one copy, two forced copies work together, and both libraries of Prometheus read our metrics',
  async run(tarballs) {
    const { folder, run } = await createProject(tarballs, { ...nodes, ...prometheus, ...peersOf(tarballs) })
    const entries = specifiersOf(tarballs)
    for (const version of nodeVersions) {
      const node = join(folder, 'node_modules', `node-${version}`, 'bin/node')
      await run(node, 'import.mjs', ...entries)
      await run(node, 'require.cjs', ...entries)
      await run(node, 'on-node.mjs')
      await run(node, 'two-copies.mjs')
      for (const [library, first] of Object.entries(prometheusVersions)) {
        if (Number.parseInt(version, 10) >= first.node) await run(node, 'prometheus.mjs', library)
      }
    }
  },
}

export const node: readonly Consumer[] = [install, onNode]
