/** The redis-server that tests run: found or installed once a process, and new enough. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { needProgram } from './program.ts'

const oldestMajor = 7
let path: Promise<string> | undefined

/**
 * The path of redis-server; a Sentinel is the same program. `SLUICE_REDIS_SERVER` names another, such as valkey-server.
 * Await it at the top of a test file: where Redis has to be installed first, that takes longer than a hook may.
 */
export function redisProgram(): Promise<string> {
  path ??= find()
  return path
}

async function find(): Promise<string> {
  const found = await needProgram({
    program: process.env.SLUICE_REDIS_SERVER ?? 'redis-server',
    debianPackages: ['redis-server'],
    hint: 'On macOS: brew install redis. Redis 7 or newer, or Valkey, anywhere on PATH will do.',
  })
  const { stdout } = await promisify(execFile)(found, ['--version'])
  checkVersion(found, stdout)
  return found
}

/** Throws unless `version`, what the server at `found` says of itself, is new enough. */
export function checkVersion(found: string, version: string): void {
  const major = Number(/\bv=(\d+)\./.exec(version)?.[1])
  if (major >= oldestMajor) return
  throw new Error(`Tests need Redis ${oldestMajor} or newer, but ${found} is "${version.trim()}". Put a newer one first on PATH.`)
}
