/** The table of what sluice runs on is what the manifests declare, what `pnpm test:compat` tries, and what CI starts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { publishedPackages, root } from '../../scripts/packages.ts'
import {
  bundlerVersions,
  jestVersions,
  nodeVersions,
  prometheusVersions,
  resolutionsOf,
  runtimeVersions,
  typescriptVersions,
} from '../../scripts/programs.ts'
import { documentText } from '../readme/snippets.ts'

const manifests = publishedPackages().map(({ manifest }) => manifest)

/** The range of a peer, which is the same in every package that has it. */
function rangeOf(peer: string): string {
  const ranges = new Set(manifests.flatMap(({ peerDependencies }) => peerDependencies?.[peer] ?? []))
  expect(ranges.size, `ranges of ${peer}`).toBe(1)
  // A bar would end the cell of a table.
  return [...ranges].join().replaceAll(' || ', ' or ')
}

const compat = (words: string): string => `\`pnpm test:compat ${words}\``
const peers = {
  Fastify: 'fastify',
  Express: 'express',
  Hono: 'hono',
  NestJS: '@nestjs/core',
  ioredis: 'ioredis',
  iovalkey: 'iovalkey',
  'node-redis': 'redis',
  undici: 'undici',
}

/** The rows as the page must have them. */
function wantedRows(): readonly string[] {
  return [
    ['Node', nodeVersions.join(', '), compat('node')],
    ...typescriptVersions.map((version) => [`TypeScript, \`${resolutionsOf(version).join('`, `')}\``, version, compat('typescript')]),
    ['Jest, in CommonJS and in ESM', jestVersions.join(', '), compat('jest')],
    ['esbuild', bundlerVersions.esbuild, compat('esbuild')],
    ['webpack', bundlerVersions.webpack, compat('webpack')],
    ['Next.js', bundlerVersions.next, compat('next')],
    ['Bun', runtimeVersions.bun, compat('bun')],
    ['Deno', runtimeVersions.deno, compat('deno')],
    ['workerd', runtimeVersions.workerd, compat('workerd')],
    ...Object.entries(peers).map(([name, peer]) => [name, rangeOf(peer), '`pnpm test`']),
    ...Object.entries(prometheusVersions).map(([name, { version, node }]) => [
      `${name}, on Node ${node} and newer`,
      version,
      compat('node'),
    ]),
    ['Redis', '7.0 of Debian 12 and Ubuntu 24.04', '`pnpm test`'],
    ['Redis and Valkey', '8.0 and 8.1, of Debian 13', 'the job `servers` of CI'],
    ['Redis and Valkey', '8.0 and 9.1, of Debian forky', 'the job `servers` of CI'],
  ].map((cells) => cells.join(' | '))
}

test('the page has a row for each thing that is tried, and no other', () => {
  const rows = documentText('docs/support.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (what|-)/.test(line))
  expect(rows.map((row) => row.replace(/ *\| */g, ' | ').replace(/^ \| | \| $/g, ''))).toEqual(wantedRows())
})

test('Node is supported from the oldest version of each line that is tried', () => {
  const [oldest, next] = nodeVersions
  for (const { engines } of manifests as readonly { readonly engines?: { readonly node: string } }[]) {
    expect(engines?.node).toBe(`^${oldest} || >=${next}`)
  }
})

test('CI runs the servers that the page names', () => {
  const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')
  expect(workflow).toContain('runs-on: ubuntu-24.04')
  expect(workflow).toContain('container: node:24-trixie')
  expect(workflow).toContain('server: [redis-server, valkey-server]')
  expect(workflow).toContain('suite: [trixie, forky]')
  expect(workflow).toContain('SLUICE_EVERY_CLIENT: 1')
})

test('every action of a workflow is pinned to a commit, with its version', () => {
  for (const name of ['ci', 'release']) {
    const uses = readFileSync(join(root, `.github/workflows/${name}.yml`), 'utf8')
      .split('\n')
      .filter((line) => line.includes('uses:'))
    expect(uses.length).toBeGreaterThan(0)
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  }
})
