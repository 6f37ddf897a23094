/** The tasks of `docs/how-do-i.md`, as their reader tries them. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Check } from '../checks.ts'
import { type Ask, json, passed, statuses, times } from './statuses.ts'

const as = (user: string): RequestInit => ({ headers: { 'X-User': user } })
const login = (account: string, password: string): Ask => ['/login', json({ account, password })]

/** Opens a socket. @returns its first message, or the status of the refusal */
async function socketOf(url: string): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  const refused = new Promise<string>((resolve) => socket.on('unexpected-response', (_request, { statusCode }) => resolve(`${statusCode}`)))
  socket.on('error', () => undefined)
  return await Promise.race([refused, once(socket, 'message').then(([data]) => String(data))])
}

const tasks: Readonly<Record<string, Check>> = {
  'Give a route limits of its own': {
    see: (program) => statuses(program, ...times(4, '/export'), ['/search'], ['/']),
    seen: [200, 200, 200, 429, 200, 200],
  },
  'Limit logins by their failures': {
    see: (program) =>
      statuses(program, ...times(7, ...login('ada', 'sesame')), ...times(6, ...login('ada', 'guess')), login('bob', 'sesame')),
    seen: [...passed(7, 0), ...Array(5).fill(401), 429, 200],
  },
  'Read plans from a database': {
    see: (program) => statuses(program, ...times(3, '/', as('bob')), ...times(11, '/', as('ann'))),
    seen: [...passed(2, 1), ...passed(10, 1)],
  },
  'Share limits between two processes with Redis': {
    see: (program) => statuses(program, ...times(12, '/')),
    seen: passed(10, 2),
  },
  'Find the client behind a proxy': {
    see: async ({ url, fetch }) => await (await fetch(url, { headers: { 'X-Forwarded-For': '1.2.3.4, 203.0.113.9, 10.0.0.7' } })).text(),
    seen: '203.0.113.9',
  },
  'Answer refusals in my own words': {
    see: async (program) => {
      await statuses(program, ...times(2, '/'))
      const refused = await program.fetch(program.url)
      return [refused.status, refused.headers.get('retry-after'), await refused.json()]
    },
    seen: [429, '30', { error: 'too_many_requests', retryInSeconds: 30 }],
  },
  'Keep health checks free': {
    see: (program) => statuses(program, ...times(3, '/'), ...times(5, '/health')),
    seen: [...passed(2, 1), ...passed(5, 0)],
  },
  'Charge what an LLM call has cost': {
    // Three estimates at once would be 12,000 of the 10,000 units. One after the other, each is settled before the next.
    see: (program) => statuses(program, ...times(3, '/chat', json({ prompt: 'hello' }, { 'X-User': 'ada' }))),
    seen: [200, 200, 200],
  },
  'Limit WebSockets': {
    see: async ({ url }) => [await socketOf(url), await socketOf(url), await socketOf(url)],
    seen: ['welcome', 'welcome', '429'],
  },
  'Limit WebSockets (2)': {
    see: async ({ url, fetch }) => {
      const sent = await Promise.all([1, 2, 3].map(async () => await (await fetch(`${url}/?user=ann`)).text()))
      const socket = new WebSocket(`${url.replace('http', 'ws')}/?user=ann`)
      await once(socket, 'open')
      const answers: string[] = []
      for (let i = 0; i < 3; i++) {
        socket.send('hello')
        answers.push(String((await once(socket, 'message'))[0]))
      }
      socket.close()
      return [sent, answers, (await fetch(`${url}/?user=ann`)).status]
    },
    seen: [['sent', 'sent', 'sent'], ['sent', 'sent', 'slow down for 12 s'], 429],
  },
  'Log refusals': {
    see: async (program) => [await statuses(program, ...times(2, '/')), program.printed],
    seen: [[200, 429], ["refused 127.0.0.1 [ 'ip' ]"]],
  },
}

export const howDoI: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.entries(tasks).map(([task, check]) => [`docs/how-do-i.md: ${task}`, check]),
)
