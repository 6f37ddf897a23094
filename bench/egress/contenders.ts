/** Queues of calls to a provider that is full: ours, and those of the peers. */
import { createProvider } from '@sluice/egress'
import Bottleneck from 'bottleneck'
import PQueue from 'p-queue'
import pThrottle from 'p-throttle'

/** Puts one call into the queue, where it waits. */
export type Enqueue = () => unknown

/** Calls a window, and its length. Nothing becomes free while it is measured, and the last wait still fits a timer. */
const capacity = 10_000
const windowMs = 3_600_000

const nothing = (): void => {}

/** By name: a queue whose first window is used up. */
export const contenders: Readonly<Record<string, () => Promise<Enqueue>>> = {
  async sluice() {
    const provider = createProvider({
      name: 'bench',
      // A long queue in front of a quota of its own size, so that no call is refused for its wait.
      limits: { requests: { capacity: 1_000_000, per: windowMs, cost: 1 } },
      concurrency: capacity,
      queue: { depth: 1_000_000, wait: '1h' },
    })
    for (let i = 0; i < capacity; i++) await provider.acquire()
    return () => provider.acquire()
  },
  async 'p-queue'() {
    const queue = new PQueue({ interval: windowMs, intervalCap: capacity })
    return () => queue.add(nothing)
  },
  async 'p-throttle'() {
    const throttled = pThrottle({ limit: capacity, interval: windowMs })(nothing)
    return throttled
  },
  async bottleneck() {
    const limiter = new Bottleneck({ reservoir: capacity, reservoirRefreshAmount: capacity, reservoirRefreshInterval: windowMs })
    const task = async (): Promise<void> => {}
    return () => limiter.schedule(task)
  },
}
