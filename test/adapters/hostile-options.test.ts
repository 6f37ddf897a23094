/** Whatever is passed as an option, an adapter takes it or fails with an error that names it. */
import { SluiceError, tokenBucket } from '@sluice/core'
import { type ExpressGuard, sluice as expressSluice, nodeSluice } from '@sluice/express'
import { sluice as fastifySluice } from '@sluice/fastify'
import { sluice as honoSluice } from '@sluice/hono'
import { guardFetch } from '@sluice/http/fetch'
import Fastify from 'fastify'
import { beforeEach, describe, expect, test, vi } from 'vitest'

const secret = 'hunter2'
const url = `redis://app:${secret}@db.internal/0?token=${secret}`
const circular: Record<string, unknown> = {}
circular.self = circular

/** Values by the word that tables below know them by. */
const hostile: Readonly<Record<string, unknown>> = {
  zero: 0,
  'minus one': -1,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  fraction: 1.5,
  'too large': 2 ** 53,
  bigint: 10n,
  'no text': '',
  url,
  'long text': 'x'.repeat(100_000),
  true: true,
  false: false,
  null: null,
  symbol: Symbol('s'),
  'empty list': [],
  'list of null': [null],
  'list of symbols': [Symbol('s')],
  holes: new Array(3),
  'empty object': {},
  'no prototype': Object.create(null),
  circular,
  password: { password: secret },
  'own toString': { toString: () => url },
  date: new Date(0),
  map: new Map([[secret, secret]]),
  set: new Set([secret]),
  promise: Promise.resolve({}),
  regexp: /x/,
  error: new Error(url),
  buffer: Buffer.from(secret),
  function: () => url,
  'async function': async () => url,
}
const functions = ['function', 'async function']
const objects = ['empty object', 'no prototype']

/** Options of guards, with the values that they take. */
const options: Readonly<Record<string, readonly string[]>> = {
  limits: ['empty list'],
  limiter: [],
  cost: ['zero', ...objects, ...functions],
  settle: functions,
  inherit: ['true', 'false'],
  when: functions,
  store: [],
  trust: ['empty list'],
  ipv6Prefix: [],
  allowList: ['empty list'],
  denyList: ['empty list'],
  headers: ['false', 'empty list'],
  message: ['no text', 'url', 'long text', ...functions],
  body: functions,
  preflight: [],
  onFault: [],
  functionTimeout: [],
  observe: functions,
}
const ofRoutes = ['limits', 'limiter', 'cost', 'settle', 'inherit', 'when']

/** Options of limits, with the values that they take. */
const ofLimits: Readonly<Record<string, readonly string[]>> = {
  name: ['url'],
  by: functions,
  rule: functions,
  cost: ['zero', ...functions],
  when: functions,
  settle: functions,
  status: [],
  shadow: ['true', 'false'],
  disclose: ['true', 'false'],
  onOutage: [],
  nearAt: [],
  initial: ['zero'],
  debit: [],
  ban: [],
}

type Make = (options: never) => unknown

async function plugin(given: object, route?: unknown): Promise<void> {
  const app = Fastify()
  app.register(fastifySluice, given)
  if (route !== undefined) app.get('/', { config: { sluice: route as never } }, async () => 'in')
  try {
    await app.ready()
  } finally {
    await app.close()
  }
}

const remoteAddress = (): string => '192.0.2.1'
const connInfo = () => ({ remote: {} })
const makers: Readonly<Record<string, readonly [Make, Readonly<Record<string, readonly string[]>>]>> = {
  Express: [(given) => expressSluice(given), { ...options, onRefused: functions }],
  'node:http': [(given) => nodeSluice(given), { ...options, onRefused: functions }],
  Hono: [(given: object) => honoSluice({ connInfo, ...given } as never), { ...options, onRefused: functions, connInfo: functions }],
  'a web handler': [
    (given: object) => guardFetch({ remoteAddress, ...given } as never, () => new Response('ok')),
    { ...options, onRefused: functions, remoteAddress: functions },
  ],
  Fastify: [(given: object) => plugin(given), { ...options, onRefused: functions }],
}

const limit = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }) }

/** Tries every value. @returns those that were taken, and what is wrong with the errors of the others */
async function tried(names: RegExp, make: (value: unknown) => unknown): Promise<{ taken: readonly string[]; wrong: readonly string[] }> {
  const [taken, wrong]: [string[], string[]] = [[], []]
  for (const [word, value] of Object.entries(hostile)) {
    try {
      await make(value)
      taken.push(word)
    } catch (error) {
      const text = String((error as Error).message)
      if (!(error instanceof SluiceError)) wrong.push(`${word}: ${(error as Error).stack}`)
      else if (!names.test(text)) wrong.push(`${word} is not named: ${text}`)
      if (text.includes(secret)) wrong.push(`${word} shows a secret: ${text}`)
      if (text.length > 1000) wrong.push(`${word} has a text of ${text.length} letters`)
    }
  }
  return { taken, wrong }
}

let warned: string[]
beforeEach(() => {
  warned = []
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warned.push(String(text)))
})

describe.each(Object.entries(makers))('%s', (_name, [make, known]) => {
  test.each(Object.entries(known))('takes for %s what fits, and names it in every other error', async (option, fits) => {
    // A cost by name tells the name that is no limit.
    const names = option === 'cost' ? /cost|no limit named/ : new RegExp(option)
    const { taken, wrong } = await tried(names, (value) => make({ limits: [limit], [option]: value } as never))
    expect({ taken: taken.toSorted(), wrong }).toEqual({ taken: fits.toSorted(), wrong: [] })
    expect(warned.join()).not.toContain(secret)
  })
})

test.each(Object.entries(ofLimits))('a limit takes for %s what fits, with and without hooks', async (option, fits) => {
  for (const make of [expressSluice as Make, plugin as Make]) {
    const { taken, wrong } = await tried(new RegExp(option === 'name' ? 'named|name' : option), (value) =>
      make({ limits: [{ ...limit, [option]: value }] } as never),
    )
    expect({ taken: taken.toSorted(), wrong }).toEqual({ taken: fits.toSorted(), wrong: [] })
  }
})

test.each(['hook', 'order'])('a limit on Fastify takes no other %s', async (option) => {
  const { taken, wrong } = await tried(new RegExp(option), (value) => plugin({ limits: [{ ...limit, [option]: value }] }))
  expect({ taken, wrong }).toEqual({ taken: [], wrong: [] })
})

test.each(ofRoutes)('a route takes for %s what fits', async (option) => {
  const guard = expressSluice({ limits: [] }) as ExpressGuard
  const names = option === 'cost' ? /cost|no limit named/ : new RegExp(option)
  const routes = [(value: unknown) => guard.with({ [option]: value } as never), (value: unknown) => plugin({}, { [option]: value })]
  for (const route of routes) {
    const { taken, wrong } = await tried(names, route)
    expect({ taken: taken.toSorted(), wrong }).toEqual({ taken: options[option]!.toSorted(), wrong: [] })
  }
})

test('nothing but an object is taken for all options', async () => {
  const guard = expressSluice({ limits: [] })
  for (const make of [expressSluice, nodeSluice, honoSluice, (value: never) => guardFetch(value, () => new Response('ok')), guard.with]) {
    const { taken, wrong } = await tried(/options of|is not an option/, (value) => (make as (value: unknown) => unknown)(value))
    expect({ taken: taken.toSorted(), wrong }).toEqual({ taken: objects.toSorted(), wrong: [] })
  }
  const { taken, wrong } = await tried(/options of|is not an option/, (value) => plugin({}, value ?? 'null'))
  expect({ taken: taken.toSorted(), wrong }).toEqual({ taken: [...objects, 'false'].toSorted(), wrong: [] })
})
