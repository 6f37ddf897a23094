import { expect, test } from 'vitest'
import { sluice } from '../test/run-cli.ts'

const right = '{ "version": "7", "limits": { "api": { "rule": { "tokenBucket": { "capacity": 10, "per": "1s" } } } } }'

test('accepts a policy that a server would accept, and says its version', async () => {
  expect(await sluice(['check', 'policy.json'], { files: { 'policy.json': right } })).toEqual({
    code: 0,
    out: 'policy.json: version 7, 1 limit with a rule\n',
    err: '',
  })
})

test('says nothing of what is right with --quiet', async () => {
  expect(await sluice(['check', '--quiet', 'policy.json'], { files: { 'policy.json': right } })).toMatchObject({ code: 0, out: '' })
})

test.each([
  ['what is no JSON', '{ "version": "7",', /^policy\.json:1:18: this is not JSON/],
  ['a member that is not known', right.replace('"per"', '"par"'), /^policy\.json:1:90: .*par is not an option here/],
  ['a wrong number', `{ "version": "7",\n  "limits": { "api": { "nearAt": 2 } } }`, /^policy\.json:2:34: nearAt must be a number above 0/],
  [
    'limits that do not fit together',
    '{ "version": "7",\n"limits": { "a": { "rule": { "shareOf": { "parent": "a", "ratio": 1 } } } } }',
    /^policy\.json:2:28: The shares form a cycle: a > a/,
  ],
  [
    'a cost that no bucket can pay',
    '{ "version": "7",\n"limits": { "a": { "cost": 3, "rule": { "lifetimeQuota": { "capacity": 2 } } } } }',
    /^policy\.json:2:28: a\.cost is 3/,
  ],
])('refuses %s, with line and column, and exits with 1', async (_what, text, reason) => {
  const { code, out } = await sluice(['check', 'policy.json'], { files: { 'policy.json': text } })
  expect(out).toMatch(reason)
  expect(code).toBe(1)
})

test('reports each of several files', async () => {
  const { code, out } = await sluice(['check', 'a.json', 'b.json'], { files: { 'a.json': '[]', 'b.json': right } })
  expect(out).toBe('a.json:1:1: the policy must be an object\nb.json: version 7, 1 limit with a rule\n')
  expect(code).toBe(1)
})

test('takes a share before its parent, and names a parent that only the code has', async () => {
  const share = (parent: string): string => `{ "rule": { "shareOf": { "parent": "${parent}", "ratio": 0.5 } } }`
  const text = `{ "version": "7", "limits": { "b": ${share('a')}, "a": { "rule": "unlimited" }, "c": ${share('d')}, "e": { "nearAt": 0.5 } } }`
  expect((await sluice(['check', 'policy.json'], { files: { 'policy.json': text } })).out).toBe(
    'policy.json: version 7, 3 limits with a rule; not checked, because only your code has the rule: d, e\n',
  )
})

test('writes the control characters of a name out', async () => {
  const text = right.replace('"rule"', '"\\u001b[31mrule"')
  const { out } = await sluice(['check', 'policy.json'], { files: { 'policy.json': text } })
  expect(out).toContain('has no member \\x1b[31mrule')
  expect(out).not.toContain('\u001b')
})

test.each([
  ['a file that is missing', ['check', '@absent.json'], /^SLUICE_FILE: The file absent\.json cannot be used: ENOENT/],
  ['an option that is not known', ['check', '--fast', 'a'], /^SLUICE_ARGUMENTS: .*'--fast'/],
  ['no policy', ['check'], /^SLUICE_ARGUMENTS: .*names no policy/],
  ['a command that is not known', ['chek'], /^SLUICE_ARGUMENTS: .*Did you mean check\?/],
])('exits with 2 for %s', async (_what, args, reason) => {
  const { code, err, out } = await sluice(args)
  expect(err).toMatch(reason)
  expect([code, out]).toEqual([2, ''])
})

test('says what it can do, and its version', async () => {
  expect(await sluice(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('check ') as string })
  expect(await sluice(['check', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--quiet') as string })
  expect(await sluice(['--version'])).toEqual({ code: 0, out: 'of the sources\n', err: '' })
  expect(await sluice([])).toMatchObject({ code: 2 })
})
