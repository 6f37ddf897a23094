/** Unix sockets for the rest of a test: connections without an address. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** The path of an unused Unix socket, for the rest of the test. */
export function temporarySocket(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'http.sock')
}
