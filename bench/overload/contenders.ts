/** What `bench overload` compares: one application whose capacity is known, without a limit and with adaptive ones. */
import { adaptive, sluice } from '@sluice/fastify'
import Fastify from 'fastify'
import { busyFor, workers } from './work.ts'

/** Calls that the application works on at a time, and how long each takes. */
const pool = { workers: 8, serviceMs: 20 }
/** Milliseconds of computing in each request beside that. */
const computingMs = 0.3

const limits = {
  bare: [],
  // One and a half times what the slowest take on the quiet server.
  aimd: [adaptive({ latency: '35ms' })],
  gradient2: [adaptive({ algorithm: 'gradient2' })],
} as const

export type Contender = keyof typeof limits

/** The bare application first: it is what the others are compared with. */
export const contenders: readonly Contender[] = Object.keys(limits) as Contender[]

/** Starts the application on a free port of 127.0.0.1 and answers its address. */
export function listen(contender: Contender): Promise<string> {
  const work = workers(pool.workers, pool.serviceMs)
  const app = Fastify()
  app.register(sluice, { limits: limits[contender] })
  app.get('/', async () => {
    busyFor(computingMs)
    await work()
    return { done: true }
  })
  // A short backlog would lose connections before anybody sees them, and their clients try again a second later.
  return app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
}
