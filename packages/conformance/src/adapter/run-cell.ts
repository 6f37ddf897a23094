/** Runs one cell of the fault matrix on a real server, and tells what was left behind. */
import { setTimeout as sleep } from 'node:timers/promises'
import { concurrency, createLimiter, type LimiterEvent, type MaybePromise, type Store, surviveOutages, tokenBucket } from '@sluice/core'
import { decorateStore } from '@sluice/core/internal'
import type { HttpLimit } from '@sluice/http'
import type { AdapterUnderTest, Answer, Site } from './adapter-under-test.ts'
import { type FaultCell, happensAfterTheClient, timesOut } from './fault-cells.ts'
import { openConnection } from './raw-connection.ts'
import { watchIntervals } from './watch-intervals.ts'

/** Long enough for a server on this machine to hear that a client has gone. */
const hearsMs = 30
/** How long the store is waited for; a late one takes longer. */
const timeoutMs = 40
const giveUpMs = 10_000
/** The `functionTimeout` of functions that time out: a client that goes first is heard of before. */
const shortTimeout = '80ms'

/** A gate that is passed once it is open. */
interface Gate {
  readonly passed: Promise<void>
  open(): void
}

function gate(): Gate {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { passed, open }
}

/** Waits for a gate. @returns whether it was passed before the cell gives up */
async function passedInTime({ passed }: Gate): Promise<boolean> {
  const given = new AbortController()
  const opened = passed.then(() => true)
  const late = sleep(giveUpMs, false, { signal: given.signal }).catch(() => false)
  return Promise.race([opened, late]).finally(() => given.abort())
}

/**
 * Runs a cell.
 * @param store - an empty one
 * @returns what was left behind, or charged beyond the design; empty where all is well
 */
export async function runCell(adapter: AdapterUnderTest, store: Store, cell: FaultCell): Promise<readonly string[]> {
  const { stage, failure, ending } = cell
  const [reached, gone, timedOut, closing] = [gate(), gate(), gate(), gate()]
  const intervals = watchIntervals()
  const needsHandler = ending !== 'reset' && ending !== 'abort during upload'

  /** The function of the application in a stage: what it answers, or what goes wrong. */
  const answerOf = <T>(at: number, answer: T): MaybePromise<T> => {
    if (at !== stage) return answer
    reached.open()
    switch (failure) {
      case 'function throws':
        throw new Error('a bug')
      case 'function rejects':
        return Promise.reject(new Error('a bug'))
      case 'function never answers':
      case 'function times out':
      case 'function times out after the client has gone':
        return closing.passed.then(() => answer)
      case 'function answers after the client has gone':
        return gone.passed.then(() => answer)
      default:
        return answer
    }
  }
  const unreliable = failure === 'store late' || failure === 'store down' ? failing(store, cell, reached) : store
  const slots = concurrency({ capacity: 5, lease: intervals.leaseMs })
  const units = tokenBucket({ capacity: 100, per: '1h' })
  const byAll = (): string => 'all'
  const first: HttpLimit[] = [
    { name: 'units-1', rule: units },
    { name: 'slots-1', rule: async () => answerOf(1, slots) },
  ]
  const second: HttpLimit[] = [
    { name: 'units-2', by: byAll, rule: units },
    { name: 'slots-2', by: async () => answerOf(2, 'all'), rule: slots },
  ]
  const third = createLimiter<string>({
    store: unreliable,
    limits: [
      { name: 'units-3', by: (id) => id, rule: units },
      { name: 'slots-3', by: (id) => id, rule: slots },
    ],
  })

  // What was left behind is looked for in the store itself, past one that fails, however busy the machine is.
  const books = createLimiter<string>({
    store: surviveOutages({ ...store }, { timeout: giveUpMs, processes: 1 }),
    limits: [1, 2, 3].flatMap((at) => [
      { name: `units-${at}`, by: (id: string) => id, rule: units },
      { name: `slots-${at}`, by: (id: string) => id, rule: slots },
    ]),
  })

  async function* drip(): AsyncGenerator<string> {
    yield 'the first part'
    await closing.passed
  }
  const handle = async (): Promise<Answer> => {
    if (ending === 'handler throws') throw new Error('a bug')
    if (ending === 'hijack') return { hijack: true }
    return ending === 'abort during response' ? { body: drip() } : {}
  }
  const method = ending === 'abort during upload' ? 'POST' : 'GET'
  const observe = (event: LimiterEvent): void => {
    if (event.type === 'fault' && event.error.code === 'SLUICE_FUNCTION_TIMEOUT') timedOut.open()
  }
  // What never answers is ended by its time, or by the client long before that.
  const functionTimeout = timesOut(failure) ? shortTimeout : '1m'
  const site: Site = {
    guard: { store: unreliable, limits: first, onFault: needsHandler ? 'allow' : 'throw', functionTimeout, observe },
    sections: [
      {
        prefix: '/inner',
        guard: { limits: second },
        routes: [{ method, path: '/', handle, sluice: { limiter: adapter.bind(third, () => answerOf(3, 'all')) } }],
      },
    ],
  }
  const server = await adapter.start(site)
  try {
    const client = await openConnection(server)
    const length = method === 'POST' ? 'Content-Type: application/json\r\nContent-Length: 1000\r\n' : ''
    client.write(`${method} /inner/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${length}\r\n${length === '' ? '' : '{'}`)
    await passedInTime(reached)
    if (failure === 'function times out') await passedInTime(timedOut)
    if (!needsHandler || happensAfterTheClient(failure)) await sleep(hearsMs / 3)
    else if (ending === 'abort during response') await client.received('the first part')
    else await client.closed()
    await client.hangUp()
    await sleep(hearsMs)
    gone.open()
    if (timesOut(failure) && !(await passedInTime(timedOut))) return ['no function timed out']
    if (failure === 'function times out after the client has gone') await sleep(hearsMs)
    const leftBehind = async (): Promise<readonly string[]> => {
      const found: string[] = []
      for (const at of [1, 2, 3]) {
        const key = at === 1 ? '127.0.0.1' : 'all'
        const held = 5 - ((await books.inspect(`slots-${at}`, key))?.remaining ?? 5)
        if (held > 0) found.push(`${held} slots of stage ${at} are held`)
        // A request that failed on its way is not free, and none is charged twice.
        const charged = 100 - ((await books.inspect(`units-${at}`, key))?.remaining ?? 100)
        if (charged > 1) found.push(`${charged} units of stage ${at} are charged`)
      }
      if (intervals.active() > 0) found.push(`${intervals.active()} timers renew`)
      return found
    }
    let left = await leftBehind()
    for (const until = performance.now() + giveUpMs; left.length > 0 && performance.now() < until; left = await leftBehind())
      await sleep(10)
    return left
  } finally {
    closing.open()
    gone.open()
    await server.close()
    await third.close()
    await books.close()
    intervals.restore()
  }
}

/** A store that fails in one stage of the first request, and answers well before and after. Limits let their requests pass meanwhile. */
function failing(store: Store, { stage, failure }: FaultCell, reached: Gate): Store {
  const isMeant = (names: readonly string[]): boolean => names.includes(`slots-${stage}`)
  let failed = false
  const decide: Store['decide'] = async (call) => {
    if (failed || call.action !== 'reserve' || !isMeant(call.charges.map(({ limit }) => limit.name))) return store.decide(call)
    failed = true
    reached.open()
    if (failure === 'store down') throw new Error('away')
    await sleep(timeoutMs * 2)
    return store.decide(call)
  }
  const late = decorateStore(store, { sync: false, decide }, async (ask) => ask())
  return surviveOutages(late, { timeout: timeoutMs, onOutage: 'allow', processes: 1 })
}
