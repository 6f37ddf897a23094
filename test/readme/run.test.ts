/** The programs of all documents run as pasted. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'
import { checks } from './checks.ts'
import { compiledPrograms, folderOf } from './compiled-programs.ts'
import { documentPrograms } from './document-programs.ts'
import type { Ran } from './run-programs.ts'

/** Programs that run elsewhere, and where. */
const elsewhere: Readonly<Record<string, string>> = {
  'docs/how-do-i.md: Test with fake time': 'tests-of-documents.test.ts, since it is a test',
  'docs/how-do-i.md: Test with fake time (2)': 'tests-of-documents.test.ts, since it is a test',
  'docs/guides/calling-providers.md: One line for undici': 'packages/egress/src/undici, since it needs a provider on the internet',
  'docs/frameworks/nextjs.md: proxy.ts': 'test/compat/bundlers.ts, in Next.js, and test/guides/next-proxy.test.ts',
  'packages/browser/README.md: @sluice/browser': 'test/browser/quota-readme.test.ts, in Chromium',
  'packages/conformance/README.md: A store': 'tests-of-documents.test.ts, since it is a test',
  'packages/conformance/README.md: An adapter': 'test/adapters/node.test.ts, whose adapter takes the place of `mine`',
  'test/servers/README.md: Real servers, broken networks': 'tests-of-documents.test.ts, since it is a test',
}

const programs = documentPrograms().filter(({ name }) => !(name in elsewhere))

/** What each program did, by its name. */
async function runAll(): Promise<ReadonlyMap<string, Ran>> {
  await using redis = await startRedis()
  const runner = { run: fileURLToPath(new URL('run-programs.ts', import.meta.url)) }
  const task = JSON.stringify({ redisPort: redis.port, programs: await compiledPrograms('documents', programs, runner) })
  const folder = folderOf('documents')
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}run.mjs`, task], { cwd: folder, maxBuffer: 2 ** 26 })
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"name"'))
  return new Map(lines.map((line) => [(JSON.parse(line) as Ran).name, JSON.parse(line) as Ran]))
}

const ran = await runAll()

/** What a program says it prints: the comments that begin with `>`. */
function promised(text: string): readonly string[] {
  return [...text.matchAll(/\/\/> (.*)$/gm)].map(([, line]) => line!)
}

test.each(programs)('$name', ({ name, text }) => {
  const { error, printed, status, seen } = ran.get(name) ?? { error: 'The process ended before.' }
  expect(error).toBe(undefined)
  expect(status ?? 200).toBeLessThan(500)
  expect(seen).toEqual(checks[name]?.seen)
  if (text.includes('//> ')) expect(printed).toEqual(promised(text))
})

test('nothing fails behind the back of a program, and every check and exception is of one', () => {
  expect(ran.get('unhandled')).toBe(undefined)
  expect(Object.keys(checks).filter((name) => !ran.has(name))).toEqual([])
  const names = documentPrograms().map(({ name }) => name)
  expect(Object.keys(elsewhere).filter((name) => !names.includes(name))).toEqual([])
})
