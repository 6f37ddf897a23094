/** The recipe for nginx: its two blocks work together, in front of a real client. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { serve } from '../readme/workbench.ts'
import { freePort, nginxProgram, until } from '../servers/index.ts'

const program = await nginxProgram()
const blocks = snippetsOf('docs/recipes/nginx.md')
const block = (language: string): string => blocks.find((each) => each.language === language)!.text

const folder = mkdtempSync(join(tmpdir(), 'sluice-nginx-'))
const stops: (() => Promise<unknown>)[] = []
let front = ''

beforeAll(async () => {
  // The client of this test is at 127.0.0.2, which must be no proxy.
  const app = await serve('nginx.ts', block('ts').replace("'loopback'", "'127.0.0.1'"))
  stops.push(async () => app[Symbol.asyncDispose]())
  const port = await freePort()
  const server = block('nginx').replace('listen 80', `listen 127.0.0.1:${port}`).replace('http://127.0.0.1:3000', app.url)
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const http = `http { access_log off; ${places}\n${server}}`
  writeFileSync(join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log stderr; events {}\n${http}`)
  const nginx = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] })
  stops.unshift(async () => nginx.kill('SIGTERM') && once(nginx, 'exit'))
  front = `http://127.0.0.1:${port}/`
  await until(async () => (await fetch(front)).ok, { what: 'an answer through nginx' })
})

afterAll(async () => {
  for (const stop of stops) await stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number | undefined
  /** The address that was counted, which the route answers. */
  readonly address: string
  readonly quota: unknown
}

async function ask(headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const [response] = (await once(request(front, { localAddress: '127.0.0.2', headers }).end(), 'response')) as [IncomingMessage]
  return { status: response.statusCode, address: await text(response), quota: response.headers.ratelimit }
}

test('the address of a client is the one that nginx saw, and the headers of sluice reach the client', async () => {
  expect(await ask()).toEqual({ status: 200, address: '127.0.0.2', quota: expect.stringMatching(/^"ip";r=\d+/) })
})

test('what a client writes into X-Forwarded-For is not read', async () => {
  expect(await ask({ 'X-Forwarded-For': '203.0.113.9, 127.0.0.1' })).toMatchObject({ status: 200, address: '127.0.0.2' })
})
