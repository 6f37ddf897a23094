/** express-slow-down and `slowDown` of a limit, row by row. The site answers how long the request had to wait. */
import { createServer, type Server } from 'node:http'
import { fixedWindow } from '@sluice/core'
import { sluice } from '@sluice/express'
import type { HttpLimit } from '@sluice/http'
import express, { type RequestHandler } from 'express'
import { type Options, slowDown } from 'express-slow-down'
import type { Client, Comparison, Comparisons } from '../comparison.ts'

function siteOf(guard: RequestHandler, delayOf: (request: object) => number): Server {
  const app = express()
  app.use(guard)
  app.get(['/', '/free'], (request, response) => void response.json(delayOf(request)))
  return createServer(app)
}

/** Both in front of the same site, with a window of an hour. */
function compare(theirs: Partial<Options>, ours: Partial<HttpLimit>, see: Comparison['see'], seen: unknown): Comparison {
  return {
    theirs: () =>
      siteOf(
        slowDown({ windowMs: 3_600_000, validate: false, ...theirs }),
        (request) => (request as { slowDown?: { delay?: number } }).slowDown?.delay ?? 0,
      ),
    ours: () => {
      const rule = fixedWindow({ capacity: 100, per: '1h', align: 'first' })
      return siteOf(sluice({ limits: [{ name: 'ip', rule, ...ours }] }), (request) => (request as Express.Request).sluice?.delayMs ?? 0)
    },
    see,
    seen,
  }
}

async function delays({ ask }: Client, ...paths: readonly string[]): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (const path of paths) all.push(JSON.parse((await ask(path)).body))
  return all
}

const four = (client: Client): Promise<readonly unknown[]> => delays(client, '/', '/', '/', '/')

export const comparisonsWithExpressSlowDown: Comparisons = {
  '`windowMs`, `delayAfter`, `delayMs: () => 20`': compare(
    { delayAfter: 2, delayMs: () => 20 },
    { slowDown: { after: 2, delay: () => 20 } },
    four,
    [0, 0, 20, 20],
  ),

  '`delayMs: (used) => (used - delayAfter) * 20`': compare(
    { delayAfter: 2, delayMs: (used) => (used - 2) * 20 },
    { slowDown: { after: 2, delay: 20 } },
    four,
    [0, 0, 20, 40],
  ),

  '`delayMs` as any function of `used`': compare(
    { delayAfter: 1, delayMs: (used) => used ** 2 },
    { slowDown: { after: 1, delay: (used) => used ** 2 } },
    four,
    [0, 4, 9, 16],
  ),

  '`maxDelayMs`': compare(
    { delayAfter: 1, delayMs: (used) => (used - 1) * 20, maxDelayMs: 30 },
    { slowDown: { after: 1, delay: 20, max: 30 } },
    four,
    [0, 20, 30, 30],
  ),

  '`skip`': compare(
    { delayAfter: 1, delayMs: () => 20, skip: ({ path }) => path === '/free' },
    { slowDown: { after: 1, delay: () => 20 }, when: (request) => (request as { path?: string }).path !== '/free' },
    (client) => delays(client, '/', '/free', '/free', '/', '/free'),
    [0, 0, 0, 20, 0],
  ),
}
