/** An Express server with limits: `pnpm example express`. */
import type { AddressInfo } from 'node:net'
import { tokenBucket } from '@sluice/core'
import { failuresOnly, sluice } from '@sluice/express'
import express, { type Request } from 'express'

interface Login {
  account: string
  password: string
}

/** Ten requests at once, then one every six seconds, for each client address. */
const perClient = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }

/** The login in a body. A client may send anything, or nothing: what is no text counts as an empty one. */
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const loginOf = (body: unknown): Login => {
  const { account, password } = Object(body)
  return { account: text(account), password: text(password) }
}

/** Five wrong passwords a minute for each account; right ones are free. */
const perAccount = {
  name: 'account',
  by: (request: Request) => loginOf(request.body).account,
  rule: tokenBucket({ capacity: 5, per: '1m' }),
  settle: failuresOnly,
}

/** One export a second for each client address. */
const perExport = { name: 'exports', rule: tokenBucket({ capacity: 1, per: '1s' }) }

const guard = sluice({
  limits: [perClient],
  // `draft-11` is the default; octokit needs the second, and the OpenAI SDK waits exactly with the third.
  headers: ['draft-11', 'x-ratelimit-epoch', 'retry-after-ms'],
})

const app = express()

// What stands before the guard of all others is free, or has a guard of its own.
app.get('/health', (_request, response) => void response.json({ status: 'up' }))
app.get('/export', guard.with({ inherit: false, limits: [perExport] }), (_request, response) => void response.json({ rows: 3 }))
app.get('/search', guard.with({ cost: 5 }), (_request, response) => void response.json({ found: [] })) // dearer

app.use(guard)
app.get('/', (_request, response) => void response.json({ hello: 'world' }))
app.post('/login', express.json(), guard.with({ limits: [perAccount] }), (request, response) => {
  const { account, password } = loginOf(request.body)
  const isRight = password === 'sesame'
  response.status(isRight ? 200 : 401).json({ welcome: isRight ? account : null })
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
