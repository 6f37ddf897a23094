import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, rmdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ask } from './ask.ts'
import { compiled } from './compiled.ts'
import { redisProgram } from './redis-program.ts'
import { startRedis, temporaryDir } from './redis-server.ts'
import type { Address } from './server-process.ts'
import { until } from './until.ts'

// Where it has to be installed first, that takes longer than a test may.
await redisProgram()

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('starts and stops within a second', async () => {
  const took: number[] = []
  // A busy machine holds up one server, but hardly all.
  for (let turn = 0; turn < 3; turn++) {
    const from = performance.now()
    const redis = await startRedis()
    await expect(ask(redis, 'PING')).resolves.toBe('PONG')
    await redis.stop()
    took.push(performance.now() - from)
    expect(isAlive(redis.pid)).toBe(false)
    await expect(ask(redis, 'PING')).rejects.toThrow()
  }
  expect(Math.min(...took)).toBeLessThan(1000)
})

test('runs many side by side, each its own', async () => {
  const servers = await Promise.all(Array.from({ length: 4 }, () => startRedis()))
  await Promise.all(servers.map((server, i) => ask(server, 'SET', 'who', i)))
  await expect(Promise.all(servers.map((server) => ask(server, 'GET', 'who')))).resolves.toEqual(['0', '1', '2', '3'])
  await Promise.all(servers.map((server) => server.stop()))
})

test('passes options on to the server', async () => {
  await using redis = await startRedis({ args: ['--requirepass', 'secret'] })
  await expect(ask(redis, 'PING')).rejects.toThrow('NOAUTH')
})

test('removes its directory, and leaves a given one', async () => {
  const own = await startRedis()
  expect(existsSync(own.dir)).toBe(true)
  await own.stop()
  expect(existsSync(own.dir)).toBe(false)

  const dir = await temporaryDir()
  const given = await startRedis({ dir })
  await given.stop()
  await expect(readdir(dir)).resolves.toEqual([])
  await rmdir(dir)
})

test('answers nothing while paused, and everything afterwards', async () => {
  await using redis = await startRedis()
  redis.pause()
  let answered = false
  const reply = ask(redis, 'PING').finally(() => {
    answered = true
  })
  await sleep(100)
  expect(answered).toBe(false)
  redis.resume()
  await expect(reply).resolves.toBe('PONG')
})

test.for(['SIGKILL', 'SIGTERM'] as const)('comes back empty, at its address, after %s', async (signal) => {
  await using redis = await startRedis()
  const { pid, port } = redis
  await ask(redis, 'SET', 'key', 'value')
  redis.pause()
  await redis.kill(signal)
  await redis.restart()
  expect(redis).toMatchObject({ port })
  expect(redis.pid).not.toBe(pid)
  await expect(ask(redis, 'EXISTS', 'key')).resolves.toBe(0)
})

test('stops twice without complaint', async () => {
  const redis = await startRedis()
  await redis.stop()
  await redis.stop()
})

test('repeats the last words of a server that does not start', async () => {
  const start = startRedis({ args: ['--no-such-option', '1'] })
  await expect(start).rejects.toThrow('ended before it was ready')
  await expect(start).rejects.toThrow('Bad directive or wrong number of arguments')
})

test('leaves nothing behind when the test process is killed', async () => {
  const worker = fork(await compiled(fileURLToPath(new URL('redis-server.orphan.ts', import.meta.url))), { execArgv: [] })
  const [{ dir, ...server }] = (await once(worker, 'message')) as [Address & { dir: string }]
  await expect(ask(server, 'PING')).resolves.toBe('PONG')
  worker.kill('SIGKILL')
  const isGone = (): Promise<boolean> =>
    ask(server, 'PING').then(
      () => false,
      () => !existsSync(dir),
    )
  await until(isGone, { what: 'the end of the orphan' })
})
