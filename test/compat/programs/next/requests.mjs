/** Starts what was built, sends three requests, and ends the server. */
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
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await fetch(`${url}/items`)).status)
  if (statuses.join() !== '200,200,429') throw new Error(`the route answered ${statuses.join()}\n${output}`)
} finally {
  server.kill()
  await once(server, 'exit')
}
