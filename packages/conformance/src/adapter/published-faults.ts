/** What the channel `sluice:fault` carries during a test. */
import { channel } from 'node:diagnostics_channel'
import type { LimiterEvent } from '@sluice/core'
import { onTestFinished } from 'vitest'

type Fault = Extract<LimiterEvent, { readonly type: 'fault' }>

/** The faults that are published from now on to the end of the test, as they come. */
export function publishedFaults(): readonly Fault[] {
  const faults: Fault[] = []
  const listener = (message: unknown): void => void faults.push(message as Fault)
  channel('sluice:fault').subscribe(listener)
  onTestFinished(() => void channel('sluice:fault').unsubscribe(listener))
  return faults
}
