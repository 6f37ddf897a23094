import { expect, test, vi } from 'vitest'
import { type ConnectionReading, clientReader } from './client-reader.ts'
import { parseTrust } from './trust.ts'

const noProxy = parseTrust(undefined)

/** Requests are the values of their forwarding headers. */
function reading() {
  const header = vi.fn((request: string | undefined) => request)
  const connection: ConnectionReading<string | undefined> = {
    remoteAddress: () => '192.0.2.1',
    vouchedFor: () => [],
    header,
  }
  return { header, connection }
}

async function codesOf(act: () => void): Promise<string[]> {
  const codes: string[] = []
  const listen = (warning: Error & { code?: string }): void => void codes.push(String(warning.code))
  process.on('warning', listen)
  act()
  await new Promise(setImmediate)
  process.off('warning', listen)
  return codes
}

test('reads the forwarding header of few requests where no proxy is trusted', () => {
  const { header, connection } = reading()
  const clientOf = clientReader(noProxy, 56)
  for (let i = 0; i < 64_256; i++) clientOf(connection, undefined)
  expect(header).toHaveBeenCalledTimes(256 + 1000)
})

test('warns once of a proxy that comes late, and does not read its header again', async () => {
  const { header, connection } = reading()
  const clientOf = clientReader(noProxy, 56)
  for (let i = 0; i < 1000; i++) clientOf(connection, undefined)
  const warned = await codesOf(() => {
    for (let i = 0; i < 64; i++) clientOf(connection, '198.51.100.7')
  })
  expect(warned).toEqual(['SLUICE_TRUST_MISSING'])
  const looked = header.mock.calls.length
  for (let i = 0; i < 1000; i++) clientOf(connection, '198.51.100.7')
  expect(header).toHaveBeenCalledTimes(looked)
})

test('reads the forwarding header of every request where a proxy is trusted', () => {
  const { header, connection } = reading()
  const clientOf = clientReader(parseTrust(['192.0.2.0/24']), 56)
  for (let i = 0; i < 1000; i++) clientOf(connection, '198.51.100.7')
  expect(header).toHaveBeenCalledTimes(1000)
})
