/** Sending scripts and commands: each once, and only while its caller still waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, SLUICE_CLOSED } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import type { Script } from '../wire/scripts.generated.ts'
import type { Connection } from './connection.ts'
import type { OwnClient } from './own-client.ts'
import { NotConnected, type Readiness } from './readiness.ts'

/** How long to wait before a script is sent again whose keys are on two nodes. */
const betweenTriesMs = 5

/** What sending needs of a connection. */
export interface SendingOn {
  readonly own: OwnClient
  readonly readiness: Readiness
  readonly sender: ScriptSender
}

/** @param isClosed - whether the store that sends was closed */
export function sending(
  { own, readiness, sender }: SendingOn,
  isClosed: () => boolean,
): Pick<Connection, 'run' | 'probe' | 'read' | 'command'> {
  async function whenReady<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    if (isClosed()) throw new SluiceError(SLUICE_CLOSED, { what: 'store' })
    await readiness.until(deadlineMs)
    return command()
  }

  /** At once where the connection is there, which it nearly always is. */
  function send<T>(deadlineMs: number, command: () => Promise<T>): Promise<T> {
    return isClosed() || !own.isReady() ? whenReady(deadlineMs, command) : command()
  }

  const run: Connection['run'] = (script, keys, args, deadlineMs) =>
    send(deadlineMs, () => sender.evaluate(script, keys, args)).catch((error: unknown) => {
      if (isOnTwoNodes(error) && performance.now() + betweenTriesMs < deadlineMs) return again(script, keys, args, deadlineMs)
      if (!isUnknownScript(error) || performance.now() >= deadlineMs) throw replyLost(error, own)
      return sender.evaluateInFull(script, keys, args)
    })

  async function again(...scriptCall: Parameters<Connection['run']>): Promise<unknown> {
    await sleep(betweenTriesMs, undefined, { ref: false })
    return run(...scriptCall)
  }

  const lost = (error: unknown): never => {
    throw replyLost(error, own)
  }

  return {
    run,
    probe(script, keys, args, deadlineMs) {
      if (isClosed() || !own.isConnected()) return run(script, keys, args, deadlineMs)
      return sender.evaluateInFull(script, keys, args).catch(lost)
    },
    read: (key, deadlineMs) => send(deadlineMs, () => own.send('GET', [key]) as Promise<string | null>).catch(lost),
    command: (name, args, deadlineMs) => send(deadlineMs, () => own.send(name, args)),
  }
}

/** Sends scripts, without a deadline. */
export interface ScriptSender {
  readonly evaluate: Evaluate
  readonly evaluateInFull: Evaluate
}

type Evaluate = (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>

/** Sends scripts: by their hash, or in full where the server may not know them yet. What is sent after that finds the script there. */
export function scriptSender(own: OwnClient, isCluster: boolean): ScriptSender {
  // Scripts that were sent in full on this connection.
  const known = new Set<Script>()
  own.onLost(() => known.clear())
  const evaluateInFull: Evaluate = (script, keys, args) => {
    known.add(script)
    return own.evaluate('eval', script.source, keys, args)
  }
  return {
    evaluateInFull,
    evaluate(script, keys, args) {
      if (!isCluster && !known.has(script)) return evaluateInFull(script, keys, args)
      return own.evaluate('evalsha', script.sha1, keys, args)
    },
  }
}

/**
 * Whether a slot is moving, and a bucket and the blocks of its log are on two nodes. Such a script has changed nothing: it fails before it
 * writes a key that the caller has named.
 */
function isOnTwoNodes(error: unknown): boolean {
  return error instanceof Error && /^ERR Script attempted to access a non local key/.test(error.message)
}

/** After a restart, a `SCRIPT FLUSH`, or a failover. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** The error of a call that got no reply, with the reason why. */
function replyLost(error: unknown, own: OwnClient): unknown {
  if (!(error instanceof Error)) return error
  const fate = own.fateOf(error)
  if (fate === undefined) return error
  const failure = own.failure() ?? error.cause ?? error
  if (fate === 'not sent') return new NotConnected(own, error.cause)
  return new Error(`The connection was lost before Redis answered: ${reasonOf(failure)}`, { cause: failure })
}
