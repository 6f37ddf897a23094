/** Test files share processes. Each leaves the timers of the core, globals, the environment and the printed warnings as it found them. */
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
const ofCore: NodeJS.Timeout[] = []

/** Any other timer may serve the whole process, as one of undici does, and one of egress. Cleared, it would never run again. */
function isOfCore(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  const caller: { stack?: string } = {}
  Error.captureStackTrace(caller, recordTimeout)
  Error.stackTraceLimit = stackTraceLimit
  return /packages\/core\/src\/.*(?<!\.test)\.ts/.test(caller.stack!)
}

function recordTimeout(...call: Parameters<typeof setTimeout>): NodeJS.Timeout {
  const timer = setTimeout(...call)
  if (isOfCore()) ofCore.push(timer)
  return timer
}

globalThis.setTimeout = Object.assign(recordTimeout, setTimeout)
const found = shared()

afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  vi.useRealTimers()
  forgetWarnings()
  // Memory stores sweep, settlements are sent again, and outages end. All of it would go on in the next file, and there in its fake time.
  for (const timer of ofCore) clearTimeout(timer)
  // A spy on a fake timer must be restored by `vi.restoreAllMocks` in its test. Restored later, it leaves the fake behind.
  const now = shared()
  globalThis.setTimeout = setTimeout
  const names = new Set([...Object.keys(found), ...Object.keys(now)])
  expect([...names].filter((name) => now[name] !== found[name])).toEqual([])
})
