/** Two of three requests pass a guard of Hono, and one of a bare handler. Knows no runtime, so that it runs on all of them. */
import { tokenBucket } from '@sluice/core'
import { guardFetch, sluice } from '@sluice/hono'
import { Hono } from 'hono'

// Made while the module loads, as applications do it; Workers allow no timer, no I/O and no clock then.
const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }), settle: () => 1 }]
const address = '192.0.2.7'
const app = new Hono().use(sluice({ connInfo: () => ({ remote: { address } }), limits })).get('/items/:id', (c) => c.text('ok'))
const bare = guardFetch({ remoteAddress: () => address, limits }, () => new Response('ok'))

/** @param name - of the handler, for errors */
async function threeTimes(name, handle) {
  const answers = []
  for (let i = 0; i < 3; i++) {
    const response = await handle(new Request('http://localhost/items/1'))
    await response.text()
    answers.push(`${response.status} ${response.headers.get('ratelimit')}`)
  }
  const expected = '200 "ip";r=1;t=1800, 200 "ip";r=0;t=1800, 429 "ip";r=0;t=1800'
  if (answers.join(', ') !== expected) throw new Error(`${name} answered ${answers.join(', ')}`)
}

export async function serve() {
  await threeTimes('Hono', (request) => app.fetch(request))
  await threeTimes('a guarded handler', bare)
  console.log('served and refused')
}
