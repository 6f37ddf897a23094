/** A folder that goes when the program ends well, and stays to be looked at when it does not. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  process.on('exit', (code) => {
    if (code === 0) rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
