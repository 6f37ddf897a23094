/**
 * Test files share processes. Each leaves the timers of the core and of the Redis store, globals, the environment and the printed warnings as
 * it found them.
 */
import { afterAll, expect, vi } from 'vitest'
import { forgetWarnings } from '../packages/core/src/warn.ts'

interface Shared {
  readonly [name: string]: unknown
}

function shared(): Shared {
  const { setTimeout, setInterval, setImmediate, Date: date, process, fetch } = globalThis
  return { setTimeout, setInterval, setImmediate, date, fetch, process, emitWarning: process.emitWarning, ...process.env }
}

const { setTimeout } = globalThis
/** Weak, so that timers which have fired are garbage as they are without us. */
let ours: WeakRef<NodeJS.Timeout>[] = []
let mostKept = 1000

/** Any other timer may serve the whole process, as one of undici does, and one of egress. Cleared, it would never run again. */
function isOurs(): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error
  Error.stackTraceLimit = 1
  // To write the stack as text with the lines of the sources takes most of the time of a test that has many timers.
  Error.prepareStackTrace = (_, [caller]) => caller?.getFileName() ?? ''
  const caller: { stack?: string } = {}
  Error.captureStackTrace(caller, recordTimeout)
  const file = caller.stack!
  Object.assign(Error, { stackTraceLimit, prepareStackTrace })
  return /packages\/(core|redis)\/src\/.*(?<!\.test)\.ts$/.test(file)
}

function recordTimeout(...call: Parameters<typeof setTimeout>): NodeJS.Timeout {
  const timer = setTimeout(...call)
  // Sweeps of memory stores are most of all timers, and alone in this argument.
  if ((call as readonly unknown[])[2] instanceof WeakRef || isOurs()) keep(timer)
  return timer
}

function keep(timer: NodeJS.Timeout): void {
  ours.push(new WeakRef(timer))
  if (ours.length < mostKept) return
  ours = ours.filter((kept) => kept.deref() !== undefined)
  mostKept = Math.max(1000, 2 * ours.length)
}

globalThis.setTimeout = Object.assign(recordTimeout, setTimeout)
const found = shared()
/** Hono's server for Node replaces these two. A module that another file loads later would make its responses of the wrong class. */
const { Request, Response } = Object.getOwnPropertyDescriptors(globalThis)

afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  vi.useRealTimers()
  forgetWarnings()
  Object.defineProperties(globalThis, { Request, Response })
  // Memory stores sweep, settlements are sent again, outages end, and connections are dialled again. All of it would go on in the next file,
  // and there in its fake time.
  for (const timer of ours) clearTimeout(timer.deref())
  // A spy on a fake timer must be restored by `vi.restoreAllMocks` in its test. Restored later, it leaves the fake behind.
  const now = shared()
  globalThis.setTimeout = setTimeout
  const names = new Set([...Object.keys(found), ...Object.keys(now)])
  expect([...names].filter((name) => now[name] !== found[name])).toEqual([])
})
