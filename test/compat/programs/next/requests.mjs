/** Starts what was built, sends requests through its proxy, and ends the server. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const next = 'node_modules/next/dist/bin/next'
const server = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
let output = ''
let url
for (const stream of [server.stdout, server.stderr]) {
  stream.setEncoding('utf8').on('data', (text) => {
    output += text
    url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]
  })
}
server.on('exit', () => (url ??= ''))
while (url === undefined) await new Promise((resolve) => setTimeout(resolve, 50))
try {
  const pages = []
  for (let i = 0; i < 12; i++) pages.push(await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.1', 'x-quota-left': '99' } }))
  const answered = [pages.map(({ status }) => status).join(), pages[0].headers.get('ratelimit'), pages[11].headers.has('retry-after')]
  const wanted = [`${'200,'.repeat(10)}429,429`, '"ip";r=9;t=6', true]
  if (JSON.stringify(answered) !== JSON.stringify(wanted)) throw new Error(`the pages answered ${JSON.stringify(answered)}\n${output}`)
  const text = await pages[0].text()
  if (!text.includes('left: 9')) throw new Error(`the page got no header of the proxy: ${text}`)
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await fetch(`${url}/items`)).status)
  if (statuses.join() !== '200,200,429') throw new Error(`the route answered ${statuses.join()}\n${output}`)
} finally {
  server.kill()
  await once(server, 'exit')
}
