import { expect, test } from 'vitest'
import { checkVersion, redisProgram } from './redis-program.ts'

await redisProgram()

test('finds a server that is new enough', async () => {
  await expect(redisProgram()).resolves.toMatch(/^\//)
})

test.for(['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', 'Valkey server v=8.1.1 sha=00000000:0'])(
  'takes %s',
  (version) => {
    expect(() => checkVersion('/usr/bin/redis-server', version)).not.toThrow()
  },
)

test.for(['Redis server v=6.0.16 sha=00000000:0', 'some other program'])('refuses %s', (version) => {
  expect(() => checkVersion('/usr/bin/redis-server', version)).toThrow(
    `Tests need Redis 7 or newer, but /usr/bin/redis-server is "${version}". Put a newer one first on PATH.`,
  )
})
