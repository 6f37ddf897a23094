/** Workspaces with faults, to show that each rule finds them, beside files without a fault, to show that it accepts those. */
import type { Files, Rule } from './files.ts'
import { longForAReason } from './layers.ts'
import { againstTheArrows } from './rules/arrows.ts'
import { tiesOfTheCore } from './rules/core.ts'
import { waysBack } from './rules/folders.ts'
import { namedRegistries } from './rules/hosts.ts'
import { misusedIndexes } from './rules/index-files.ts'
import { misusedInternals } from './rules/internal.ts'
import { strayKinds } from './rules/kinds.ts'
import { longFiles } from './rules/length.ts'
import { luaInStrings } from './rules/lua.ts'
import { namesOfNothing } from './rules/names.ts'
import { differentVersions, unfinishedPackages } from './rules/packages.ts'

interface BadWorkspace {
  readonly what: string
  readonly rule: Rule
  readonly files: Files
  readonly faults: readonly string[]
}

export const badWorkspaces: readonly BadWorkspace[] = [
  {
    what: 'an adapter that imports a store, whether by name, as a type, by path or dynamically',
    rule: againstTheArrows,
    files: {
      'packages/hono/src/a.ts': "import { guard } from '@sluice/http'\nimport { redisStore } from '@sluice/redis'",
      'packages/hono/src/b.ts': "import type { RedisStore } from '@sluice/redis'\ntype T = import('@sluice/redis/testing').T",
      'packages/hono/src/c.ts': "export { redisStore } from '../../redis/src/redis-store.ts'",
      'packages/hono/src/d.ts': "export const load = () => import('@sluice/redis')",
    },
    faults: [
      'packages/hono/src/a.ts imports @sluice/redis',
      'packages/hono/src/b.ts imports @sluice/redis',
      'packages/hono/src/b.ts imports @sluice/redis/testing',
      'packages/hono/src/c.ts imports ../../redis/src/redis-store.ts',
      'packages/hono/src/d.ts imports @sluice/redis',
    ],
  },
  {
    what: 'an arrow that goes backwards, sideways, or in a manifest, and a package that is in no layer',
    rule: againstTheArrows,
    files: {
      'packages/core/src/a.ts': "import '@sluice/http'",
      'packages/core/src/b.ts': "import { limit } from '@sluice/core'",
      'packages/fastify/src/a.ts': "import '@sluice/express'\nimport '@sluice/core'\nimport './b.ts'",
      'packages/fastify/package.json':
        '{ "dependencies": { "@sluice/http": "workspace:*" }, "devDependencies": { "@sluice/redis": "workspace:*" } }',
      'packages/redis/src/a.ts': "import { startRedis } from '@sluice/test/servers'",
      'packages/redis/src/b.test.ts': "import '@sluice/conformance/store'",
      'packages/redis/src/b.ts': "import '@sluice/conformance/store'",
      'packages/redis/src/a.test.ts': "import '@sluice/test/servers'\nimport '../../../test/servers/index.ts'\nimport '@sluice/http'",
      'packages/redis/package.json': '{ "devDependencies": { "@sluice/test": "workspace:*" } }',
      'packages/cellar/package.json': '{}',
    },
    faults: [
      'packages/fastify/package.json depends on @sluice/redis',
      'packages/cellar is not in the list of packages',
      'packages/core/src/a.ts imports @sluice/http',
      'packages/core/src/b.ts imports @sluice/core',
      'packages/fastify/src/a.ts imports @sluice/express',
      'packages/redis/src/a.ts imports @sluice/test/servers',
      'packages/redis/src/b.ts imports @sluice/conformance/store',
      'packages/redis/src/a.test.ts imports @sluice/http',
    ],
  },
  {
    what: 'a way back into the folder of a package where it began, but not between two files in no folder, nor from a test',
    rule: waysBack,
    files: {
      'packages/core/src/a/one.ts': "import type { B } from '../b/one.ts'\nimport './two.ts'",
      'packages/core/src/a/two.ts': "import '../base.ts'",
      'packages/core/src/a/one.test.ts': "import '../top.ts'",
      'packages/core/src/b/one.ts': "import '../c/one.ts'",
      'packages/core/src/c/one.ts': "export * from '../a/two.ts'",
      'packages/core/src/base.ts': "import './other.ts'",
      'packages/core/src/other.ts': "import type { Base } from './base.ts'",
      'packages/core/src/top.ts': "import './a/one.ts'",
      'packages/redis/src/keys.ts': "import './wire/text.ts'",
      'packages/redis/src/wire/text.ts': "import '../keys.ts'",
    },
    faults: [
      'packages/core/src/a/one.ts imports ../b/one.ts',
      'packages/core/src/b/one.ts imports ../c/one.ts',
      'packages/core/src/c/one.ts imports ../a/two.ts',
      'packages/redis/src/keys.ts imports ./wire/text.ts',
      'packages/redis/src/wire/text.ts imports ../keys.ts',
    ],
  },
  {
    what: 'a core that needs a package or Node',
    rule: tiesOfTheCore,
    files: {
      'packages/core/package.json': '{ "dependencies": { "ms": "^2.0.0" }, "peerDependencies": { "fast-check": "^4.0.0" } }',
      'packages/core/src/a.ts': "import ms from 'ms'\nimport { hash } from 'node:crypto'\nimport { b } from './b.ts'",
      'packages/core/src/a.test.ts': "import { test } from 'vitest'",
      'packages/core/src/b.ts': "import fc from 'fast-check'",
      'packages/core/src/testing/store.ts': "import { test } from 'vitest'",
      'packages/redis/src/a.ts': "import { hash } from 'node:crypto'",
    },
    faults: [
      'packages/core/package.json depends on ms',
      'packages/core/package.json depends on fast-check',
      'packages/core/src/a.ts imports ms',
      'packages/core/src/a.ts imports node:crypto',
      'packages/core/src/b.ts imports fast-check',
      'packages/core/src/testing/store.ts imports vitest',
    ],
  },
  {
    what: 'a core that starts a timer or reads a clock while it loads, and no function that does so later',
    rule: tiesOfTheCore,
    files: {
      'packages/core/src/a.ts': 'setInterval(sweep, 1000)\nfunction sweep(): void { setTimeout(sweep, 1) }',
      'packages/core/src/b.ts': 'export const started: number = (() => performance.now())()',
      'packages/core/src/c.ts': 'const { now } = globalThis.performance\nexport class Watch { static readonly born: number = Date.now() }',
      'packages/core/src/d.ts': "const code = await fetch('https://example.com')\nexport { code }",
      'packages/core/src/e.ts': `
        export type Timer = ReturnType<typeof setTimeout>
        export class Lease { readonly since: number = Date.now() }
        export const clock = { now: (): number => performance.now(), process: 1 }
        export const plain: number = clock.process
        export function later(run: () => void): Timer { return setTimeout(run, 1) }
      `,
    },
    faults: [
      'packages/core/src/a.ts touches setInterval while it loads',
      'packages/core/src/b.ts touches performance while it loads',
      'packages/core/src/c.ts touches performance while it loads',
      'packages/core/src/c.ts touches Date while it loads',
      'packages/core/src/d.ts touches await while it loads',
      'packages/core/src/d.ts touches fetch while it loads',
    ],
  },
  {
    what: 'an inner file that imports its index, and an index that lists nothing',
    rule: misusedIndexes,
    files: {
      'packages/core/src/limit.ts': "import { tokenBucket } from './index.ts'",
      'packages/core/src/testing/store.ts': "import { limit } from '../index.ts'",
      'packages/core/src/index.ts': "export * from './limit.ts'\nexport * as rules from './rules.ts'\nexport { limit } from './limit.ts'",
      'packages/core/src/index.test.ts': "import { limit } from './index.ts'",
    },
    faults: [
      'packages/core/src/limit.ts imports ./index.ts',
      'packages/core/src/testing/store.ts imports ../index.ts',
      'packages/core/src/index.ts exports everything of ./limit.ts',
      'packages/core/src/index.ts exports everything of ./rules.ts',
    ],
  },
  {
    what: 'plumbing that users meet, that they have anyway, or that no package needs',
    rule: misusedInternals,
    files: {
      'packages/core/src/index.ts': "export { parseDuration } from './duration.ts'",
      'packages/core/src/internal.ts':
        "export { parseDuration } from './duration.ts'\nexport type { Bucket } from './bucket.ts'\nexport { oneOf } from './options.ts'",
      'packages/core/src/a.ts': "import { oneOf } from './options.ts'",
      'packages/redis/src/a.ts': "import { type Bucket, parseDuration } from '@sluice/core/internal'",
      'packages/redis/src/a.test.ts': "import { oneOf } from '@sluice/core/internal'",
      'examples/a.ts': "import { parseDuration } from '@sluice/core/internal'",
      'packages/core/README.md': "const { oneOf } = await import('@sluice/core/internal')",
      'CONTRIBUTING.md': 'Our own packages import `@sluice/core/internal`.',
    },
    faults: [
      'examples/a.ts shows @sluice/core/internal to users',
      'packages/core/README.md shows @sluice/core/internal to users',
      'packages/core/src/internal.ts exports parseDuration, and so does index.ts',
      'packages/core/src/internal.ts exports oneOf, which no other package imports',
    ],
  },
  {
    what: 'rooms that are named after nothing',
    rule: namesOfNothing,
    files: { 'packages/http/src/utils/a.ts': '', 'bench/helpers.ts': '', 'test/types.test.ts': '', 'packages/http/src/media-types.ts': '' },
    faults: ['packages/http/src/utils/a.ts', 'bench/helpers.ts', 'test/types.test.ts'],
  },
  {
    what: 'a kind of rule that is asked for outside its folders, but not in a test or in a package that makes rules',
    rule: strayKinds,
    files: {
      'packages/core/src/rules/leaky/leaky.ts': "export const leakyKind = {\n  name: 'leaky',\n}\nif (rule.kind === 'leaky') leak()",
      'packages/core/src/rules/leaky/leaky-charges.ts': "if (rule.kind === 'leaky') leak()",
      'packages/core/src/limiter/a.ts': "if (rule.kind === 'leaky') leak()",
      'packages/core/src/limiter/a.test.ts': "if (rule.kind === 'leaky') leak()",
      'packages/http/src/b.ts': 'if (isLeaky(rule)) leak()',
      'packages/egress/src/c.ts': "const option = 'leaky'",
    },
    faults: ['packages/core/src/limiter/a.ts knows the kind of rule leaky', 'packages/http/src/b.ts knows the kind of rule isLeaky'],
  },
  {
    what: 'Lua in a string or a template, but not in a comment or the generated file',
    rule: luaInStrings,
    files: {
      'packages/redis/src/a.ts': "const script = 'return ARGV[1]'",
      'packages/redis/src/b.ts': 'const script = `\nlocal n = redis.call("GET", KEYS[1])`',
      'packages/redis/src/c.ts': '// redis.call("TIME") is the clock\nexport {}',
      'packages/redis/src/scripts.generated.ts': 'export const decide = \'return redis.call("TIME")\'',
    },
    faults: ['packages/redis/src/a.ts', 'packages/redis/src/b.ts'],
  },
  {
    what: 'a package that is unexplained, untested, unbuilt and odd',
    rule: unfinishedPackages,
    files: {
      'tsconfig.json': '{ "references": [{ "path": "packages/core" }] }',
      'packages/hono/package.json': `{
        "name": "sluice-hono",
        "version": "0.2.0",
        "scripts": { "postinstall": "node setup.js" },
        "exports": { ".": { "@sluice/source": "./src/index.ts", "import": "./dist/index.js" } },
        "dependencies": { "@sluice/core": "workspace:*", "@sluice/http": "workspace:*" }
      }`,
      'packages/hono/CHANGELOG.md': '# @sluice/hono\n\n## 0.1.0\n',
      'packages/hono/tsconfig.json': '{ "references": [{ "path": "../core" }] }',
    },
    faults: [
      'packages/hono has no README.md',
      'packages/hono has no LICENSE',
      'packages/hono/CHANGELOG.md does not name version 0.2.0',
      'packages/hono has no test',
      'tsconfig.json does not refer to packages/hono',
      'packages/hono/tsconfig.json does not refer to @sluice/http',
      'packages/hono/package.json is not named after its folder',
      'packages/hono/package.json has no keyword rate-limit',
      'packages/hono/package.json has scripts, which an install may run',
      ...['homepage', 'bugs', 'repository', 'license', 'type', 'sideEffects', 'engines', 'publishConfig', 'main', 'types', 'exports'].map(
        (field) => `packages/hono/package.json has another ${field} than pnpm manifests writes`,
      ),
    ],
  },
  {
    what: 'a package of another version',
    rule: differentVersions,
    files: { 'packages/core/package.json': '{ "version": "1.0.0" }', 'packages/http/package.json': '{ "version": "1.0.1" }' },
    faults: ['packages/http is of version 1.0.1, and packages/core of 1.0.0'],
  },
  {
    what: 'a lock file and a document that name a registry',
    rule: namedRegistries,
    files: {
      'package-lock.json': '"resolved": "https://registry.example.com/ms/-/ms-2.0.0.tgz"',
      'CONTRIBUTING.md': 'npm login --registry https://npm.pkg.github.com',
      'README.md': 'The registry.',
    },
    faults: ['package-lock.json names registry.example.com', 'CONTRIBUTING.md names npm.pkg.github.com'],
  },
  {
    what: 'a source file of 251 lines, and one that is listed as long but is not',
    rule: longFiles,
    files: {
      'packages/core/src/a.ts': 'a()\n'.repeat(251),
      'packages/core/src/b.ts': 'b()\n'.repeat(250),
      'bench/c.ts': 'c()\n'.repeat(999),
      ...Object.fromEntries(Object.keys(longForAReason).map((path) => [path, ''])),
    },
    faults: [
      'packages/core/src/a.ts has more than 250 lines',
      ...Object.keys(longForAReason).map((path) => `${path} is listed as long but is not`),
    ],
  },
]
