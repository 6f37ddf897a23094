/** Programs that tests need and that no npm package brings: found on PATH, or installed where that is ours to do. */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ProgramNeed {
  /** The executable's name, as on PATH, or its whole path. */
  readonly program: string
  /** The Debian packages that bring it. */
  readonly debianPackages: readonly string[]
  /** How to get it where we do not install it; a sentence that ends the error. */
  readonly hint: string
}

export interface Machine {
  /** Where programs are looked for, and what the installation runs with. @default process.env.PATH */
  readonly path?: string
  /** Whether packages may be installed. @default true for root on Debian and its kin, false elsewhere */
  readonly mayInstall?: boolean
}

/** A test needs a program that is not here and could not be installed. A failure, never a reason to skip. */
export class ProgramMissingError extends Error {
  override readonly name = 'ProgramMissingError'
  readonly program: string

  constructor({ program, debianPackages, hint }: ProgramNeed, options?: ErrorOptions) {
    super(
      `Tests need ${program}, which is not ${isAbsolute(program) ? 'there' : 'on PATH'}. On Debian: apt-get install ${debianPackages.join(' ')}. ${hint}`,
      options,
    )
    this.program = program
  }
}

/**
 * The path of a program. Root on Debian gets it installed first; elsewhere its absence is an error that says how to get it.
 * Workers that ask at once install once. An installation takes as long as it takes: call this where no test's clock runs.
 */
export async function needProgram(need: ProgramNeed, machine: Machine = {}): Promise<string> {
  const { path = process.env.PATH ?? '', mayInstall = isRootOnDebian() } = machine
  const found = findProgram(need.program, path)
  if (found !== undefined) return found
  if (!mayInstall) throw new ProgramMissingError(need)
  try {
    await install(need, path)
  } catch (cause) {
    throw new ProgramMissingError(need, { cause })
  }
  const installed = findProgram(need.program, path)
  if (installed === undefined) throw new ProgramMissingError(need)
  return installed
}

function findProgram(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => resolve(folder, program))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isRootOnDebian(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version')
}

const installScript = fileURLToPath(new URL('install-debian.sh', import.meta.url))

function install({ program, debianPackages }: ProgramNeed, path: string): Promise<void> {
  // The kernel lets go of a flock when its holder dies, so a crashed run leaves no stale lock behind.
  const lock = join(tmpdir(), `sluice-install-${process.getuid?.()}.lock`)
  const child = spawn('flock', [lock, 'sh', installScript, program, ...debianPackages], {
    env: { ...process.env, PATH: path, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (text: Buffer): void => {
    output = (output + text.toString()).slice(-2000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`The installation of ${debianPackages.join(' ')} ended with code ${code}:\n${output}`))
    })
  })
}
