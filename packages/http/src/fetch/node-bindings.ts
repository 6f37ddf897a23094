/** What `@hono/node-server` hands over beside a request: Node knows the end of a response better than its body does. */
import type { Upload } from '../adaptive/upload.ts'
import type { NodeResponse, NodeSocket } from '../guard/node-response.ts'

/** The part of it that is used. */
export interface NodeBindings {
  readonly incoming?: (Upload & { readonly socket: NodeSocket }) | undefined
  /** Upgrades have none. */
  readonly outgoing?: NodeResponse | undefined
}

/** @param handed - what came with the request; other runtimes have things of their own there, or nothing */
export function nodeBindings(handed: unknown): NodeBindings {
  return typeof handed === 'object' && handed !== null ? handed : {}
}
