/** The files of the workspace that people write: what Git knows or would add. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './command.ts'
import { root } from './packages.ts'

/** Paths relative to the root, sorted, without files that are deleted but still listed by Git. */
export async function workspaceFiles(): Promise<readonly string[]> {
  const listed = await mustRun(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], root)
  const files = [...new Set(listed.split('\n'))].filter((file) => file !== '' && existsSync(join(root, file)))
  return files.sort()
}

/** Whether a file is source of a published package: not a test and not generated. */
export function isSource(file: string): boolean {
  return /^packages\/[^/]+\/src\/.*\.ts$/.test(file) && !/\.(test|generated)\.ts$/.test(file)
}
