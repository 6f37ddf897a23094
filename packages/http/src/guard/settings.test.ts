import { expect, test, vi } from 'vitest'
import type { Framework } from '../http-facts.ts'
import { settingsOf } from './settings.ts'

/** Requests are the values of their forwarding headers. */
function reading() {
  const header = vi.fn((request: string | undefined) => request)
  const framework: Framework<string | undefined> = {
    method: () => 'GET',
    route: () => null,
    remoteAddress: () => '192.0.2.1',
    vouchedFor: () => [],
    header,
  }
  return { header, framework }
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

test('where nobody is trusted, few requests are looked at for a forwarding header', () => {
  const { header, framework } = reading()
  const { clientOf } = settingsOf({ limits: [] }, [])
  for (let i = 0; i < 64_256; i++) clientOf(framework, undefined)
  expect(header).toHaveBeenCalledTimes(256 + 1000)
})

test('a proxy that comes late is told of, once, and its header is not read again', async () => {
  const { header, framework } = reading()
  const { clientOf } = settingsOf({ limits: [] }, [])
  for (let i = 0; i < 1000; i++) clientOf(framework, undefined)
  const warned = await codesOf(() => {
    for (let i = 0; i < 64; i++) clientOf(framework, '198.51.100.7')
  })
  expect(warned).toEqual(['SLUICE_TRUST_MISSING'])
  const looked = header.mock.calls.length
  for (let i = 0; i < 1000; i++) clientOf(framework, '198.51.100.7')
  expect(header).toHaveBeenCalledTimes(looked)
})

test('where somebody is trusted, every request is read', () => {
  const { header, framework } = reading()
  const { clientOf } = settingsOf({ limits: [], trust: ['192.0.2.0/24'] }, [])
  for (let i = 0; i < 1000; i++) clientOf(framework, '198.51.100.7')
  expect(header).toHaveBeenCalledTimes(1000)
})
