/** Several processes: each publishes its figures once a second, and reads those of the others while a page is open. */
import { reasonOf } from '@sluice/core/internal'
import type { ProcessFigures } from './figures.ts'

/** Where processes tell each other their figures. `redisLive` of `@sluice/redis` makes one. */
export interface SharedFigures {
  /** Writes what one process knows, in place of what it wrote before. It is forgotten after a few seconds. It rejects where it cannot. */
  publish(id: string, text: string): Promise<void>
  /** What all processes have written in the last seconds. It rejects where it cannot say. */
  collect(): Promise<readonly string[]>
}

/** The other processes, as this one sees them. */
export interface OtherProcesses {
  publish(figures: ProcessFigures): void
  /** Reads what the others have published. It never rejects. */
  refresh(): Promise<void>
  /** What the latest reading found, without the process itself. */
  readonly figures: readonly ProcessFigures[]
  /** Why nothing could be published or read; `null` where it could. */
  readonly trouble: string | null
}

/** Changes with the form of the figures: a process of another release is not added up. */
const form = 1

/** @param id - of this process */
export function otherProcesses(shared: SharedFigures, id: string): OtherProcesses {
  let found: readonly ProcessFigures[] = []
  const troubles = { publish: null as string | null, collect: null as string | null }
  let isPublishing = false
  let reading: Promise<void> | undefined

  async function read(): Promise<void> {
    try {
      found = (await shared.collect()).flatMap((text) => parsed(text)).filter((one) => one.id !== id)
      troubles.collect = null
    } catch (cause) {
      found = []
      troubles.collect = reasonOf(cause)
    }
    reading = undefined
  }

  return {
    publish(figures) {
      // One at a time: where the answer is late, a second of figures is left out.
      if (isPublishing) return
      isPublishing = true
      shared.publish(id, JSON.stringify({ form, figures })).then(
        () => {
          isPublishing = false
          troubles.publish = null
        },
        (cause: unknown) => {
          isPublishing = false
          troubles.publish = reasonOf(cause)
        },
      )
    },
    refresh: () => (reading ??= read()),
    get figures() {
      return found
    },
    get trouble() {
      return troubles.collect ?? troubles.publish
    },
  }
}

function parsed(text: string): readonly ProcessFigures[] {
  try {
    const { form: written, figures } = JSON.parse(text) as { readonly form: unknown; readonly figures: ProcessFigures }
    return written === form && typeof figures.id === 'string' ? [figures] : []
  } catch {
    return []
  }
}
