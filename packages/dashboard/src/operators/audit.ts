/** What operators do, in the words of a log: each action is an event, whether it worked or not. */
import type { ListedKey } from '@sluice/core'

/** What an operator can do with a key. */
export type OperatorVerb = 'inspect' | 'block' | 'lift' | 'reset'

/** An action of an operator. */
export interface AuditEvent {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** Who: what `authorize` answered. */
  readonly who: string
  readonly verb: OperatorVerb
  readonly limit: string
  /** The key itself. On the page it is shown as all keys are. */
  readonly key: ListedKey
  /** How long a key is blocked, such as `1h` or `forever`; `null` for other verbs. */
  readonly duration: string | null
  /** `failed` where a limiter could not do it, such as in an outage. */
  readonly outcome: 'done' | 'failed'
  /** How the page shows the key. */
  readonly label: string
}

/** Where the actions of one page go. */
export interface AuditLog {
  write(event: AuditEvent): void
  /** The latest first. */
  readonly recent: readonly AuditEvent[]
}

/** Actions that a page shows. */
const mostRecent = 20

/** @param audit - of the application; what it throws surfaces as an uncaught error, because the action is done */
export function auditLog(audit: ((event: AuditEvent) => void) | undefined): AuditLog {
  let recent: readonly AuditEvent[] = []
  return {
    write(event) {
      recent = [event, ...recent].slice(0, mostRecent)
      try {
        audit?.(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    },
    get recent() {
      return recent
    },
  }
}
