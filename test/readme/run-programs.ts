/**
 * Runs the programs of the documents, one after the other in this process, and prints what each did as a line of JSON. The process stands
 * in for the machine of the reader. Port 3000 is a free port, and Redis at 6379 is that of the test. A path of a socket is in a temporary
 * folder. Everything else is as pasted.
 */
import { once } from 'node:events'
import { type AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'node:util'
import { checks } from './checks.ts'

/** What a program did. */
export interface Ran {
  readonly name: string
  /** What it printed by `console.log`. */
  readonly printed: readonly string[]
  /** The status of a first request to its server, or null where it has none. */
  readonly status: number | null
  /** What its check saw, if it has one. */
  readonly seen?: unknown
  readonly error?: string
}

/** What the process is given: compiled programs, and the port of a Redis. */
interface Task {
  readonly redisPort: number
  readonly programs: readonly { readonly name: string; readonly file: string }[]
}

type AnyFunction = (...args: never[]) => unknown

const { redisPort, programs } = JSON.parse(process.argv[2]!) as Task
let listening: Server[] = []
/** What a proxy adds, for programs that stand behind one. */
const proxied = { 'X-Forwarded-For': '203.0.113.9' }

/** Replaces a method, whose first argument `change` may change. */
function intercept(prototype: object, method: string, change: (first: unknown) => unknown, seen?: (target: unknown) => void): void {
  const original = Reflect.get(prototype, method) as AnyFunction
  Reflect.set(prototype, method, function (this: unknown, first: unknown, ...others: unknown[]) {
    seen?.(this)
    return Reflect.apply(original, this, [change(first), ...others])
  })
}

/** The same argument of `listen` or `connect` with another port: a number, options, or the list that Node makes of both. */
function moved(first: unknown, from: number, to: number): unknown {
  if (first === from) return to
  if (Array.isArray(first)) return Object.assign([moved(first[0], from, to), ...first.slice(1)], symbolsOf(first))
  if (typeof first === 'object' && first !== null && Reflect.get(first, 'port') === from) return { ...first, port: to }
  return typeof first === 'string' && first.endsWith('.sock') ? join(tmpdir(), `sluice-${process.pid}.sock`) : first
}

function symbolsOf(value: object): object {
  return Object.fromEntries(Object.getOwnPropertySymbols(value).map((symbol) => [symbol, Reflect.get(value, symbol)]))
}

intercept(
  Server.prototype,
  'listen',
  (first) => moved(first, 3000, 0),
  (server) => listening.push(server as Server),
)
intercept(Socket.prototype, 'connect', (first) => moved(first, 6379, redisPort))

/** Lets an application of a framework listen, where the program leaves that to the reader. */
async function serve(app: unknown): Promise<void> {
  const { listen, inject, fetch } = Object(app) as Readonly<Record<string, AnyFunction | undefined>>
  if (listening.length > 0) return
  if (inject) await Reflect.apply(listen!, app, [{ port: 0, host: '127.0.0.1' }])
  else if (fetch) (await import('@hono/node-server')).serve({ fetch: fetch as never, port: 0 })
  else if (listen) Reflect.apply(listen, app, [0])
}

async function run({ name, file }: Task['programs'][number]): Promise<Ran> {
  const printed: string[] = []
  const { log } = console
  const realFetch = globalThis.fetch
  console.log = (...values) => void printed.push(format(...values))
  listening = []
  try {
    const exports = (await import(file)) as Readonly<Record<string, unknown>>
    await serve(exports.__app)
    const servers = listening
    for (const server of servers) if (!server.listening) await once(server, 'listening')
    const port = servers.map((server) => server.address()).find((address): address is AddressInfo => typeof address === 'object')?.port
    const url = port === undefined ? '' : `http://127.0.0.1:${port}`
    const check = checks[name]
    const seen = await check?.see({ url, exports, printed, fetch: realFetch })
    // A server of upgrades alone answers no request.
    const answers = servers.some((server) => server.listenerCount('request') > 0)
    const status = url === '' || check !== undefined || !answers ? null : (await realFetch(url, { headers: proxied })).status
    for (const server of servers) server.close()
    return { name, printed, status, seen }
  } catch (error) {
    return { name, printed, status: null, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    console.log = log
    globalThis.fetch = realFetch
  }
}

process.on('unhandledRejection', (error) => void process.stdout.write(`${JSON.stringify({ name: 'unhandled', error: String(error) })}\n`))
for (const program of programs) {
  const late = new Promise<Ran>((resolve) => {
    setTimeout(() => resolve({ name: program.name, printed: [], status: null, error: 'It did not end within 20 seconds.' }), 20_000).unref()
  })
  process.stdout.write(`${JSON.stringify(await Promise.race([run(program), late]))}\n`)
}
process.exit(0)
