/** Trouble is visible without being asked: one warning when it begins, with its true cause, and one when it has ended. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { type Call, createLimiter, tokenBucket } from '@sluice/core'
import { type RedisClient, redisStore } from '@sluice/redis'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ask, freePort, startRedis } from '../servers/index.ts'
import { endClient, mainPlacedLibraries } from './clients.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

let printed: string[]
beforeEach(() => {
  printed = []
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    printed.push(`${(options as unknown as { code: string }).code}: ${message}`)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const limits = [{ name: 'ip', by: (ip: string) => ip, rule: tokenBucket({ capacity: 100, per: '1m' }) }]

/** Makes five calls. Three failures begin an outage. The timeout leaves a busy machine time to learn the cause. */
async function call(client: RedisClient, how: 'at once' | 'one by one' = 'one by one'): Promise<void> {
  const store = redisStore(client, { processes: 1, timeout: '400ms' })
  const limiter = createLimiter<string>({ limits, store })
  const calls: unknown[] = []
  for (let i = 0; i < 5; i++) {
    calls.push(limiter.consume('192.0.2.1'))
    if (how === 'one by one') await calls[i]
  }
  await Promise.all(calls)
  await store.close()
  await endClient(client)
}

/** A server that answers everything with this, or breaks off. */
async function answering(reply: string | null): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    // node-redis 5 chooses the protocol first, which every server knows.
    const isHello = (command: string): boolean => /hello/i.test(command) && reply!.includes('EVAL')
    const repliesTo = (commands: string): string =>
      commands
        .split(/^\*\d+\r\n/m)
        .slice(1)
        .map((command) => (isHello(command) ? '+OK\r\n' : reply))
        .join('')
    socket.on('data', (data) => (reply === null ? socket.destroy() : socket.write(repliesTo(String(data)))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as { readonly port: number }).port, server }
}

describe.each(mainPlacedLibraries)('on $library', ({ one, library }) => {
  async function userWith(...rules: string[]): Promise<RedisClient> {
    const username = `app-${library.replaceAll(' ', '-')}`
    await ask(redis, 'ACL', 'SETUSER', username, 'reset', 'on', '>pw', ...rules)
    return one({ port: redis.port, username, password: 'pw' })
  }

  test.each<[what: string, rules: string[], reason: RegExp]>([
    ['TIME', ['~*', '+@all', '-time'], /may not run TIME\b/],
    ['several commands', ['~*', '+@all', '-zadd', '-setbit', '-evalsha'], /may not run SETBIT, ZADD, EVALSHA\b/],
    ['EVAL and others', ['~*', '+@all', '-eval', '-mget'], /may not run MGET, EVAL\b/],
    ['all scripts', ['~*', '+@all', '-@scripting'], /may not run EVALSHA, EVAL\b/],
    ['writes', ['~*', '+@all', '-@write'], /may not run SET\b/],
    ['the keys', ['~other:*', '+@all'], /may not access the keys \{sluice\}\*/],
  ])('a user that may not use %s is told what is missing', async (_, rules, reason) => {
    await call(await userWith(...rules), 'at once')
    await expect.poll(() => printed).toEqual([expect.stringMatching(/^SLUICE_OUTAGE: /)])
    expect(printed[0]).toMatch(reason)
    expect(printed[0]).toMatch(/ACL SETUSER/)
  })

  test('a forbidden INFO, CLIENT, PING or CONFIG is no failure', async () => {
    const client = await userWith('~*', '+@all', '-info', '-client', '-ping', '-config', '-cluster')
    const store = redisStore(client, { processes: 1 })
    await store.ready()
    const limiter = createLimiter<string>({ limits, store })
    expect(await limiter.consume('a')).toMatchObject({ decidedBy: 'store' })
    await store.close()
    await endClient(client)
    expect(printed).toEqual([])
  })

  test('what the README grants is enough', async () => {
    const readme = readFileSync(new URL('../../packages/redis/README.md', import.meta.url), 'utf8')
    const line = /^ACL SETUSER (\S+) (.+)$/m.exec(readme)!
    await ask(redis, 'ACL', 'SETUSER', line[1]!, 'reset', ...line[2]!.replace('>password', '>pw').split(' '))
    const client = one({ port: redis.port, username: line[1]!, password: 'pw' })
    const store = redisStore(client, { processes: 1 })
    await store.ready()
    const limiter = createLimiter<string>({ limits, store })
    const held = await limiter.reserve('b')
    await held.settle(3)
    await limiter.block('ip', 'b', '1s')
    expect((await limiter.consume('c')).decidedBy).toBe('store')
    await store.close()
    await endClient(client)
    expect(printed).toEqual([])
  })

  test.each<[what: string, client: () => Promise<RedisClient>, reason: RegExp]>([
    ['a wrong password', async () => one({ port: redis.port, username: 'x', password: 'wrong' }), /WRONGPASS.+Correct `username`/],
    ['no server', async () => one({ port: await freePort() }), /ECONNREFUSED.+Start Redis/],
    ['an unknown host', async () => one({ host: 'nothing.invalid', port: 1 }), /ENOTFOUND|EAI_AGAIN/],
    ['a server without TLS', async () => one({ port: redis.port, tls: true }), /SSL|TLS|ECONNRESET|closed/],
    [
      'a server that asks for a password',
      async () => one({ port: (await answering('-NOAUTH Authentication required.\r\n')).port }),
      /NOAUTH/,
    ],
    [
      'no free connection',
      async () => one({ port: (await answering('-ERR max number of clients reached\r\n')).port }),
      /max number of clients reached.+maxclients/,
    ],
    [
      'a server that loads',
      async () => one({ port: (await answering('-LOADING Redis is loading the dataset in memory\r\n')).port }),
      /LOADING/,
    ],
    [
      'a server without scripts',
      async () => one({ port: (await answering("-ERR unknown command 'EVAL'\r\n")).port }),
      /does not have EVAL/,
    ],
    ['a server that breaks off', async () => one({ port: (await answering(null)).port }), /closed the connection|ECONNRESET/],
  ])('%s is the cause that is printed', async (_, client, reason) => {
    await call(await client())
    expect(printed).toEqual([expect.stringMatching(/^SLUICE_OUTAGE: The store cannot answer: /)])
    expect(printed[0]).toMatch(reason)
  })

  test('a server that takes no writes is one outage, which ends when it does', async () => {
    await using server = await startRedis()
    const client = one({ port: server.port })
    const store = redisStore(client, { processes: 1 })
    const limiter = createLimiter<string>({
      store,
      limits: [{ name: 'ip', by: (ip) => ip, rule: tokenBucket({ capacity: 3, per: '1h' }) }],
    })
    for (let i = 0; i < 4; i++) await limiter.consume('spent')
    await ask(server, 'CONFIG', 'SET', 'maxmemory', '1mb')
    for (let i = 0; i < 200; i++) await limiter.consume(i % 2 ? 'spent' : 'fresh')
    expect(printed).toEqual([expect.stringMatching(/^SLUICE_OUTAGE: .+OOM command not allowed.+maxmemory/)])
    await ask(server, 'CONFIG', 'SET', 'maxmemory', '0')
    await expect.poll(async () => (await limiter.consume('fresh')).decidedBy, { timeout: 5000 }).toBe('store')
    await store.close()
    expect(printed).toEqual([expect.anything(), expect.stringMatching(/^SLUICE_OUTAGE_ENDED: .+OOM/)])
    await endClient(client)
  })

  test('a server whose commands for scripts were taken away is an error at the start, with a code', async () => {
    await using server = await startRedis({ args: ['--rename-command', 'EVAL', '', '--rename-command', 'EVALSHA', ''] })
    const client = one({ port: server.port })
    const store = redisStore(client, { processes: 1 })
    await expect(store.ready()).rejects.toMatchObject({
      code: 'SLUICE_STORE_UNFIT',
      message: expect.stringMatching(/does not have EVAL.+runs Lua scripts/),
    })
    await store.close()
    await endClient(client)
  })

  test('ready waits for the server, and says why it gives up', async () => {
    const port = await freePort()
    const client = one({ port })
    const store = redisStore(client, { processes: 1 })
    await expect(store.ready({ within: '200ms' })).rejects.toMatchObject({
      code: 'SLUICE_STORE_UNFIT',
      message: expect.stringMatching(/ECONNREFUSED.+Start Redis/),
    })
    const becomesReady = store.ready()
    await using _server = await startRedis({ port })
    await becomesReady
    await expect(
      Promise.resolve(store.decide({ action: 'peek', charges: [], undo: [], migrate: 'keepUsed' } satisfies Call)),
    ).resolves.toBeDefined()
    await store.close()
    await expect(store.ready()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await endClient(client)
  })
})
