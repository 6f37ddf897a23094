/** One direction of a proxied connection: bytes go on in their order, each after its delay. */
import type { Socket } from 'node:net'

export interface FlowOptions {
  readonly source: Socket
  readonly target: Socket
  /** How long bytes wait, in milliseconds; asked anew whenever it matters. `Infinity` holds them. */
  readonly delayMs: () => number
  /** Sees what arrives, the end of the stream as `undefined`; what it answers `false` to goes no further. */
  readonly admit: (chunk: Buffer | undefined) => boolean
}

/** Starts to pass bytes on. Call the answer when the delay has changed: it holds for the bytes in waiting too. */
export function startFlow({ source, target, delayMs, admit }: FlowOptions): () => void {
  const waiting: { readonly arrivedAt: number; readonly chunk: Buffer | undefined }[] = []
  let timer: NodeJS.Timeout | undefined

  const pump = (): void => {
    clearTimeout(timer)
    for (let head = waiting[0]; head !== undefined; head = waiting[0]) {
      const leftMs = head.arrivedAt + delayMs() - performance.now()
      if (leftMs > 0) {
        if (leftMs < Infinity) timer = setTimeout(pump, leftMs)
        return
      }
      waiting.shift()
      if (!target.writable) continue
      if (head.chunk === undefined) target.end()
      else target.write(head.chunk)
    }
  }
  const arrive = (chunk?: Buffer): void => {
    if (!admit(chunk)) return
    waiting.push({ arrivedAt: performance.now(), chunk })
    pump()
  }
  source.on('data', arrive)
  source.on('end', arrive)
  target.on('close', () => clearTimeout(timer))
  return pump
}
