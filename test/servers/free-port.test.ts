import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, freePorts } from './free-port.ts'

test('gives a port that can be bound', async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  server.close()
})

test('gives no port twice', async () => {
  const ports = await freePorts(50)
  expect(new Set(ports).size).toBe(50)
})

test('stays out of the range from which the kernel lends ports to clients', async () => {
  for (const port of await freePorts(50)) expect(port).toBeLessThan(32_768)
})
