/** The demo, run as `pnpm demo` runs it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify, stripVTControlCharacters } from 'node:util'
import { quotaOf } from '@sluice/conformance/adapter'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../servers/index.ts'

const cwd = fileURLToPath(new URL('../..', import.meta.url))
const args = ['--conditions=@sluice/source', '--import', 'tsx', 'examples/demo.ts']
let output = ''

beforeAll(async () => {
  const ended = await promisify(execFile)(process.execPath, args, { cwd })
  output = ended.stdout
}, 180_000)

/** The cells of each request of a scene. */
function requestsOf(scene: 1 | 2): string[][] {
  const text = output.split(/^\d\. /m)[scene] ?? ''
  return text.split('\n').flatMap((line) => (/^ +\d+ +(GET|seller)/.test(line) ? [line.trim().split(/ {2,}/)] : []))
}

describe('the demo', () => {
  test('shows ten requests that pass and five that are refused with the wait', () => {
    const rows = requestsOf(1)
    expect(rows.map(([, status]) => status)).toEqual([...Array(10).fill('200 OK'), ...Array(5).fill('429 Too Many Requests')])
    // The table has room for one of the two fields.
    const quotas = rows.map(([, , ratelimit]) => quotaOf({ headers: { ratelimit, 'ratelimit-policy': '"ip"' } }).ip!)
    expect(quotas.map(({ r }) => r)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0])
    // Six seconds for a unit, of which some are over on a busy machine.
    expect(quotas[0]!.t).toBe(6)
    for (const { t } of quotas) expect(t).toBeOneOf([1, 2, 3, 4, 5, 6])
    expect(rows.map(([, , , retryAfter]) => retryAfter)).toEqual(quotas.map(({ t }, at) => (at < 10 ? undefined : String(t))))
  })

  test('shows the problem that a refused program reads', () => {
    expect(output).toContain('application/problem+json')
    expect(output).toMatch(/"detail": "Slow down - try again in [1-6] seconds?."/)
  })

  test('shows a seller refused while its application has allowance, which the refusal leaves untouched', () => {
    expect(requestsOf(2)).toEqual([
      ['1', 'seller-1', '200 OK', '3 of 4', '1 of 2'],
      ['2', 'seller-1', '200 OK', '2 of 4', '0 of 2'],
      ['3', 'seller-1', '429 Too Many Requests', '2 of 4', '0 of 2', '1'],
      ['4', 'seller-2', '200 OK', '1 of 4', '1 of 2'],
    ])
  })

  test('shows ten times the rate of a provider: refused by it without the proxy, and refused with a wait by the proxy', () => {
    const cells = (name: string): number[] => new RegExp(`^ +${name} +(\\d+) +(\\d+) +(\\d+)`, 'm').exec(output)!.slice(1).map(Number)
    const [, limitedDirectly] = cells('directly')
    const [served, limited, waits] = cells('through the proxy')
    expect(limitedDirectly).toBeGreaterThan(500)
    // None on a machine that keeps to the transit of 250 ms; a test in virtual time holds that there are none.
    expect(limited).toBeLessThan(limitedDirectly! / 2)
    expect(served).toBeGreaterThan(60)
    expect(waits).toBeGreaterThan(500)
    expect(output.match(/^ +\d+ {2}[█░]/gm)).toHaveLength(10)
  })

  test('shows both sides of one API: many refusals without egress, and few with it', () => {
    const scene = output.split(/^\d\. /m)[4]!
    expect(scene).toMatch(/^Both sides of one API/)
    const cells = (name: string): number[] => new RegExp(`^ +${name} +(\\d+) +(\\d+) +(\\d+)`, 'm').exec(scene)!.slice(1).map(Number)
    const [, , limitedDirectly] = cells('directly')
    const [served, , limited] = cells('through egress')
    expect(limitedDirectly).toBeGreaterThan(150)
    // A machine that is late by more than the transit of 50 ms sends too early; a test of the client bounds it.
    expect(limited).toBeLessThan(limitedDirectly! / 4)
    expect(served).toBeGreaterThan(10)
  })

  test('fits 80 columns, uses no colour without a terminal, and ends with the command that keeps it running', () => {
    expect(output).toBe(stripVTControlCharacters(output))
    expect(output.split('\n').filter((line) => line.length > 80)).toEqual([])
    const [server, page] = output.trimEnd().split('\n').slice(-2)
    expect(server).toMatch(/pnpm@12\.21\.0 example fastify$/)
    expect(page).toMatch(/pnpm@12\.21\.0 demo --dashboard$/)
  })
})

test('with `--dashboard` serves a page with a button, and the quota of its user, until it is interrupted', async () => {
  const demo = spawn(process.execPath, [...args, '--dashboard'], {
    cwd,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void demo.kill('SIGKILL'))
  let printed = ''
  while (!printed.includes('Ctrl-C')) printed += String((await once(demo.stdout, 'data'))[0])
  expect(printed).toContain('it ends after 10 minutes')
  const url = /(http:\S+)\/as\/bob/.exec(printed)![1]!
  const signIn = await fetch(`${url}/as/bob`, { redirect: 'manual' })
  const cookie = signIn.headers.get('set-cookie')!.split(';')[0]!
  const ask = (path: string): Promise<Response> => fetch(url + path, { headers: { cookie } })
  expect(await (await ask('/')).text()).toContain('You are signed in as bob.')
  expect(await (await ask('/sluice.js')).text()).toContain('export {')
  expect(await (await ask('/quota.json')).json()).toMatchObject({
    version: 1,
    limits: [{ name: 'requests', capacity: 10 }, { name: 'daily' }],
  })
  expect(await (await ask('/quota')).text()).toContain('<bdi>bob</bdi> · plan <bdi>free</bdi>')
  expect((await fetch(`${url}/quota.json`)).status).toBe(404)
  demo.kill('SIGINT')
  await once(demo, 'exit')
  const isGone = (): Promise<boolean> =>
    fetch(url).then(
      () => false,
      () => true,
    )
  await until(isGone, { what: 'the end of the server' })
}, 60_000)

test.each([
  [['--help'], 0],
  [['--dashbord'], 1],
])('with %s says how it is called, and ends with %i', async (options, code) => {
  const { stdout, exit } = await promisify(execFile)(process.execPath, [...args, ...options], { cwd }).then(
    ({ stdout }) => ({ stdout, exit: 0 }),
    ({ stdout, code: exit }: { stdout: string; code: number }) => ({ stdout, exit }),
  )
  expect([stdout, exit]).toEqual([expect.stringContaining('demo [--redis | --dashboard]'), code])
})
