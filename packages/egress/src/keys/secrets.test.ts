/** A secret is in the header of the call and nowhere else. */
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { anthropicDialect } from '../dialects/anthropic.ts'
import { fetchThrough } from '../fetch/fetch-through.ts'
import { createKeyPool } from './key-pool.ts'
import type { KeyOptions, KeyPoolOptions } from './pool-options.ts'

const secret = 'sk-live-0123456789abcdef'
const limits = { requests: { capacity: 5, per: '1m' } } as const
const shared: KeyOptions = { label: 'shared', secret }

let printed: unknown[]

beforeEach(() => {
  printed = []
  vi.spyOn(process, 'emitWarning').mockImplementation((...warning: unknown[]) => void printed.push(warning))
  for (const way of ['log', 'warn', 'error', 'info', 'debug'] as const) {
    vi.spyOn(console, way).mockImplementation((...line: unknown[]) => void printed.push(line))
  }
})

afterEach(() => void vi.restoreAllMocks())

/** Every text that printing, logging or sending a value could make, getters, symbols and causes included. */
function textsOf(value: unknown, seen: Set<unknown> = new Set()): string[] {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return [String(value)]
  if (seen.has(value)) return []
  seen.add(value)
  const all = { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true, maxStringLength: null, maxArrayLength: null } as const
  const own = Reflect.ownKeys(value).flatMap((name) => [String(name), ...textsOf(Reflect.get(value, name), seen)])
  const inside = value instanceof Map || value instanceof Set ? [...value].flatMap((each) => textsOf(each, seen)) : []
  return [
    textOr(() => inspect(value, all)),
    textOr(() => JSON.stringify(value)),
    textOr(() => (value as { toString(): string }).toString()),
    ...own,
    ...inside,
  ]
}

/** Empty where a value cannot be written so, as one that holds itself. */
function textOr(write: () => string | undefined): string {
  try {
    return write() ?? ''
  } catch {
    return ''
  }
}

function expectNoSecret(...values: unknown[]): void {
  for (const text of textsOf([...values, printed]))
    if (text.includes(secret)) throw new Error(`a secret is shown in: ${text.slice(0, 300)}`)
}

test('the scan finds a secret in a property, a getter, a symbol, a map, a cause and a closed-over array', () => {
  const hidden = [
    { a: { b: secret } },
    Object.defineProperty({}, 'a', { get: () => secret, enumerable: false }),
    { [Symbol('a')]: `Bearer ${secret}` },
    new Map([['a', [secret]]]),
    new Error('a', { cause: new Error(secret) }),
  ]
  for (const each of hidden) expect(() => expectNoSecret(each)).toThrow('a secret is shown')
})

test('no pool, permit, snapshot, event, error or warning shows a secret, whatever becomes of the key and its calls', async () => {
  const pool = createKeyPool({
    name: 'llm',
    limits,
    queue: { wait: 0 },
    keys: [shared, { label: 'other', secret: () => secret, tier: 'dedicated' }],
    tier: (caller) => {
      if (caller === 'odd') throw new Error('of the application')
      return caller === 'pro' ? 'dedicated' : 'shared'
    },
    sharePerCaller: 0.8,
  })
  const emitted: unknown[] = [pool]
  pool.observe((event) => emitted.push(event))
  const send = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${secret}`)
    const status = Number(new Headers(init?.headers).get('x-status'))
    if (status === 0) throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') })
    return new Response('{}', { status, headers: { 'retry-after': '1' } })
  }
  const fetch = fetchThrough(pool, {
    origins: ['https://llm.example'],
    fetch: send as typeof globalThis.fetch,
    onRefused: 'throw',
    retry: { attempts: 1 },
  })
  for (const status of [200, 0, 500, 429, 200, 401, 200]) {
    const call = fetch('https://llm.example/', { headers: { 'x-status': String(status) } })
    emitted.push(
      await call.then(
        (response) => [response, ...response.headers],
        (error: unknown) => error,
      ),
    )
  }
  for (const caller of ['pro', 'odd', 'ada']) emitted.push(await pool.acquire({ caller }).catch((error: unknown) => error))
  emitted.push(pool.snapshot())
  pool.add({ label: 'third', secret: `${secret}-3` })
  for (let i = 0; i < 7; i++) emitted.push(await pool.acquire({ caller: 'eve' }).catch((error: unknown) => error))
  void pool.drain('third')
  pool.remove('other')
  emitted.push(await pool.acquire({ caller: 'pro' }).catch((error: unknown) => error))
  emitted.push(pool.snapshot())
  await pool.close()
  emitted.push(await pool.acquire().catch((error: unknown) => error))
  expect(emitted.length).toBeGreaterThan(30)
  expectNoSecret(...emitted)
})

const unsendable = [`${secret}\n`, `${secret} `, `${secret}é`, '', 5, null, undefined, { secret }, [secret]]

test.each<[string, unknown]>([
  ['SLUICE_OPTION_TYPE', secret],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: secret }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [secret] }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [] }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [{ ...shared, tier: secret }] }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [{ ...shared, group: `${secret}\n` }] }],
  ['SLUICE_EGRESS_SECRET', { name: 'llm', limits, keys: [{ ...shared, label: secret }] }],
  ['SLUICE_EGRESS_SECRET', { name: 'llm', limits, keys: [{ ...shared, group: `org-${secret}` }] }],
  ...unsendable.map((wrong): [string, unknown] => ['SLUICE_EGRESS_SECRET', { name: 'llm', limits, keys: [{ ...shared, secret: wrong }] }]),
  ['SLUICE_EGRESS_LABEL', { name: 'llm', limits, keys: [shared, shared] }],
  [
    'SLUICE_EGRESS_GROUP',
    {
      name: 'llm',
      limits,
      keys: [
        { ...shared, group: 'org' },
        { ...shared, label: 'b', group: 'org', tier: 'dedicated' },
      ],
    },
  ],
  ['SLUICE_EGRESS_GROUP', { name: 'llm', limits, keys: [{ ...shared, limits: { tokens: { capacity: 5, per: '1m' } } }] }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [shared], keyHeader: 'a b' }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [shared], tier: 'dedicated' }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [shared], sharePerCaller: 0 }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [shared], heavy: { above: 0.1, below: 0.3 } }],
  ['SLUICE_OPTION_UNKNOWN', { name: 'llm', limits, keys: [shared], heavy: { over: 0.1 } }],
  ['SLUICE_OPTION_UNKNOWN', { name: 'llm', limits, keys: [shared], speed: 1 }],
  ['SLUICE_OPTION_TYPE', { name: 'llm', limits, keys: [shared], overflow: 'yes' }],
  ['SLUICE_LIMITS_EMPTY', { name: 'llm', limits: {}, keys: [shared] }],
])('a wrong option is %s at the start, and shows no secret: %#', (code, options) => {
  let error: unknown
  try {
    createKeyPool(options as KeyPoolOptions)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code })
  expectNoSecret(error)
})

test.each([
  [
    'throws it',
    () => {
      throw new Error(secret)
    },
  ],
  ['answers it with a line break', () => `${secret}\r\nx: y`],
  ['answers a promise', () => Promise.resolve(secret) as unknown as string],
])('a function for a secret that %s evicts its key, and the call goes on with another one', async (_, wrong) => {
  const pool = createKeyPool({
    name: 'llm',
    limits,
    keys: [
      { label: 'wrong', secret: wrong },
      { label: 'right', secret: 'sk-other' },
    ],
  })
  const emitted: unknown[] = []
  pool.observe((event) => emitted.push(event))
  const permits = [await pool.acquire(), await pool.acquire()]
  expect(permits.map(({ key }) => key)).toEqual(['right', 'right'])
  expect(emitted).toContainEqual({ type: 'key', provider: 'llm', key: 'wrong', state: 'evicted', status: undefined })
  expect(emitted).toContainEqual({ type: 'fault', provider: 'llm', error: expect.objectContaining({ code: 'SLUICE_EGRESS_SECRET' }) })
  expectNoSecret(emitted, permits, pool)
})

test.each([
  [undefined, 'authorization', `Bearer ${secret}`],
  [{ dialect: anthropicDialect }, 'x-api-key', secret],
  [{ keyHeader: 'api-key' }, 'api-key', secret],
  [{ keyHeader: 'Authorization', dialect: anthropicDialect }, 'authorization', `Bearer ${secret}`],
])('the secret goes into the header of the option, the dialect, or authorization: %j', async (options, header, value) => {
  const permit = await createKeyPool({ name: 'llm', limits, keys: [shared], ...options }).acquire()
  const headers = new Headers({ [header]: 'of the SDK', other: 'stays' })
  permit.authorize!(headers)
  expect(Object.fromEntries(headers)).toEqual({ [header]: value, other: 'stays' })
})

test.each([
  [{ keys: [{ ...shared, secret: undefined }] }, /secret of the key \S+ is missing\. Set the variable/],
  [{ keys: [{ ...shared, secret: 'a b' }] }, /secret of the key \S+ cannot be sent in a header/],
  [{ keys: [{ ...shared, label: secret, secret }] }, /secret of the key keys\[0\] stands in its label/],
  [{ keys: [shared], overflw: true }, /createKeyPool\.overflw is not an option here\. Did you mean overflow\?/],
])('a wrong option is told in words that help: %#', (options, words) => {
  expect(() => createKeyPool({ name: 'llm', limits, ...options } as never)).toThrow(words)
})
