/** A route whose requests are in flight for as long as a test likes. */
import { onTestFinished } from 'vitest'
import type { SiteRoute } from './adapter-under-test.ts'

/** Where requests wait for their answers. */
export interface WaitingRoom {
  /** `GET /`, which answers when it is told to. */
  readonly route: SiteRoute
  /** How many have come. */
  here(): number
  /** Lets go who is there, and who comes later. The end of the test does the same. */
  open(): void
}

export function waitingRoom(): WaitingRoom {
  let here = 0
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  onTestFinished(() => open())
  const handle = async () => {
    here++
    await opened
    return {}
  }
  return { route: { path: '/', handle }, here: () => here, open }
}
