/** A built checkout of another revision, with the benchmark programs of this one. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/** A revision that is ready to be measured. */
export interface Checkout {
  /** The folder of its compiled benchmark programs. */
  readonly programs: URL
  remove(): Promise<void>
}

const here: URL = new URL('../', import.meta.url)
const root = fileURLToPath(new URL('../../', here))

/** The working tree, as `pnpm bench:ab` has built it. */
export const workingTree: Checkout = { programs: here, remove: async () => undefined }

/**
 * Checks a revision out into a temporary folder, builds its packages, and puts the programs of this revision beside them. Both sides then
 * run the same benchmark, each on its own packages.
 * @param revision - anything that git can resolve
 */
export async function checkOut(revision: string): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ab-'))
  const remove = async (): Promise<void> => {
    await run('git', ['worktree', 'remove', '--force', folder], root)
    await rm(folder, { recursive: true, force: true })
  }
  await run('git', ['worktree', 'add', '--detach', folder, revision], root)
  try {
    await run('npx', ['-y', 'pnpm@12.21.0', 'install', '--prefer-offline'], folder)
    await run('npx', ['-y', 'pnpm@12.21.0', 'build'], folder)
    await cp(fileURLToPath(here), join(folder, 'bench', 'dist'), { recursive: true })
  } catch (error) {
    await remove()
    throw error
  }
  return { programs: pathToFileURL(join(folder, 'bench', 'dist', '/')), remove }
}

async function run(program: string, words: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, words, { cwd, maxBuffer: 2 ** 26 })
}
