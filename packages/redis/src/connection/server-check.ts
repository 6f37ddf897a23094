/** Checks that a server can serve the store: its version, its scripts, the commands that these use, and a write. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SLUICE_STORE_UNFIT, SluiceError } from '../errors.ts'
import { listOf, textOf } from '../wire/replies.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { adviceOn } from './advice.ts'
import type { Connection } from './connection.ts'

/** Commands that the scripts of the store use, as they are checked: `$` is a key of the store. Each leaves the key as it was, or expires it. */
export const neededCommands: readonly string[] = [
  'TIME',
  'SET $ 1 PX 1000',
  'GET $',
  'MGET $',
  'GETBIT $ 0',
  'SETBIT $ 0 0',
  'PEXPIRE $ 1000',
  'PEXPIREAT $ 4102444800000',
  'ZADD $ XX 1 m',
  'ZCARD $',
  'ZRANGE $ 0 0',
  'ZREM $ m',
  'ZREMRANGEBYRANK $ 0 0',
  'ZREMRANGEBYSCORE $ 0 0',
  'ZSCORE $ m',
  'DEL $',
]
/** Commands that run scripts. */
export const evaluation: readonly string[] = ['EVALSHA x 0', 'EVAL x 0']
const lowestVersion = 7

/** The checks of one store. */
export interface ServerCheck {
  /** Whether the next decision needs a check before it: the server could not serve the store, or an outage began since. */
  isDue(): boolean
  /** A check is needed before the next decision. */
  demand(): void
  /**
   * Checks the server.
   * @param deadlineMs - by `performance.now()`
   * @param how - `first` sends the check also before the server has answered on a new connection
   * @throws SluiceError `SLUICE_STORE_UNFIT` if the server answers that it cannot serve the store. Another error if it does not answer.
   */
  run(deadlineMs: number, how?: 'first'): Promise<void>
}

/**
 * @param key - a key of the store that nothing else uses
 * @param keyPattern - of the keys that the store's user must be allowed to access, for the message
 */
export function serverCheck(connection: Connection, key: string, keyPattern: string): ServerCheck {
  let due = false
  return {
    isDue: () => due,
    demand() {
      due = true
    },
    async run(deadlineMs, how) {
      const send = how === 'first' ? connection.probe : connection.run
      try {
        await send(scripts.check, [key], [...neededCommands, ...evaluation], deadlineMs).then(
          (reply) => readReport(connection, reply, deadlineMs),
          (error: unknown) => withoutScripts(error, connection, key, keyPattern, deadlineMs),
        )
        due = false
      } catch (error) {
        due ||= error instanceof SluiceError && error.code === 'SLUICE_STORE_UNFIT'
        throw error
      }
    },
  }
}

/** @throws SluiceError `SLUICE_STORE_UNFIT` if the report of the script names anything that is missing */
async function readReport(connection: Connection, reply: unknown, deadlineMs: number): Promise<void> {
  const [version, writeError, ...missing] = listOf(reply, 2).map(textOf) as [string, string, ...string[]]
  if (Number.parseInt(version, 10) < lowestVersion || version === '') throw unfit(await tooOld(connection, version, deadlineMs))
  if (missing.length > 0) throw unfit(`the user of the store may not run ${missing.join(', ')}`)
  if (writeError !== '') throw unfit(`the server takes no writes: ${writeError.replace(/\.$/, '')}`)
}

/** `INFO` only adds the number to the message: a server may forbid it. */
async function tooOld(connection: Connection, version: string, deadlineMs: number): Promise<string> {
  const info = version === '' ? await connection.command('INFO', ['server'], deadlineMs).catch(() => '') : `redis_version:${version}`
  const number = /redis_version:(\S+)/.exec(String(info))?.[1] ?? 'that is older'
  return `the server is of version ${number}, and the store needs Redis ${lowestVersion} or newer, or Valkey`
}

/** The script itself failed: what else is missing is found by sending the commands themselves. */
async function withoutScripts(error: unknown, connection: Connection, key: string, keyPattern: string, deadlineMs: number): Promise<void> {
  if (!isReply(error)) throw error
  if (isForbiddenKey(error)) throw unfit(`the user of the store may not access the keys ${keyPattern}`, error)
  if (!isMissing(error)) throw unfit(error.message, error)
  const version = /redis_version:(\d+)/.exec(String(await connection.command('INFO', ['server'], deadlineMs).catch(() => '')))?.[1]
  if (version !== undefined && Number(version) < lowestVersion) throw unfit(await tooOld(connection, '', deadlineMs), error)
  if (/unknown command/i.test(error.message)) throw unfit('the server does not have EVAL', error)
  const missing = await Promise.race([
    missingOf(connection, key, deadlineMs),
    sleep(deadlineMs - performance.now(), [] as string[], { ref: false }),
  ])
  throw unfit(`the user of the store may not run ${(missing.includes('EVAL') ? missing : [...missing, 'EVAL']).join(', ')}`, error)
}

/** Sends each command once. `SET` comes first: after it the others find a text that expires, and change nothing. */
async function missingOf(connection: Connection, key: string, deadlineMs: number): Promise<string[]> {
  const lines = [...neededCommands, ...evaluation].map(
    (line) => line.split(' ').map((part) => (part === '$' ? key : part)) as [string, ...string[]],
  )
  const isMissingOf = async ([name, ...args]: [string, ...string[]]): Promise<string | undefined> => {
    const error = await connection.command(name, args, deadlineMs).then(
      () => undefined,
      (failed: unknown) => failed,
    )
    return isReply(error) && isMissing(error) ? name : undefined
  }
  const [first, set, ...others] = await Promise.all(lines.map(isMissingOf))
  return [first, set, ...others].filter((name) => name !== undefined)
}

/** The error of a server that cannot serve the store, or cannot be reached, with what to do about it. */
export function unfit(reason: string, cause?: unknown): SluiceError {
  return new SluiceError(SLUICE_STORE_UNFIT, { reason, fix: adviceOn(reason) }, { cause })
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

function isForbiddenKey({ message }: Error): boolean {
  return message.startsWith('NOPERM') && / key/i.test(message)
}

function isMissing({ message }: Error): boolean {
  return message.startsWith('NOPERM') || /unknown command/i.test(message)
}

/** Whether a server has answered that it cannot serve the store, and will not change that by itself. */
export function isLasting(error: unknown): boolean {
  return (
    error instanceof SluiceError &&
    error.code === 'SLUICE_STORE_UNFIT' &&
    /^the (?:server is of version|server does not have|user of the store may not)/.test(String(error.facts.reason))
  )
}
