/** Keeps secrets out of logs: what errors carry is shown without passwords, tokens and the arguments of Redis commands. */

const hidden = '[redacted]'
/** Properties whose text is a secret, whatever it looks like. */
const secretName = /pass|secret|token|auth|cookie|credential|hash|api-?_?key|private|^user-?name$/i
/** `redis://user:password@host`: everything before the host. */
const userInfo = /\b([a-z][\w+.-]*:\/\/)[^\s/?#]*@/gi
const secretParameter = /([?&](?:\w*pass\w*|\w*token|\w*secret|auth|api_?key)=)[^&\s"']*/gi
/** `NOPERM User ada has no permissions`, as Redis answers. */
const aclUser = /\b(user )\S+( has no permissions)/gi

/** Objects within objects that are looked at, and objects in all; what lies beyond is not shown. */
const deepest = 4
const mostObjects = 200

/** What has been looked at, with what is shown of it. An object that holds itself is not shown in itself. */
type Walk = Map<object, unknown>

/** The facts of an error without secrets; the same object where there are none. */
export function redactedFacts<F extends object>(facts: F): F {
  return redacted(facts, 0, new Map()) as F
}

const causes = new WeakMap<object, unknown>()

/** The cause of an error without secrets; the same one where there are none. A store that is away fails often with one cause. */
export function redactedCause(cause: unknown): unknown {
  if (typeof cause !== 'object' || cause === null) return redacted(cause, 0, new Map())
  const known = causes.get(cause)
  if (known !== undefined) return known
  const safe = redacted(cause, 0, new Map())
  causes.set(cause, safe)
  return safe
}

function redacted(value: unknown, depth: number, walk: Walk): unknown {
  if (typeof value === 'string') return redactedText(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (walk.has(value)) return walk.get(value)
  if (depth > deepest || walk.size >= mostObjects) return '[object]'
  walk.set(value, '[circular]')
  const safe = redactedObject(value, depth, walk)
  walk.set(value, safe)
  return safe
}

function redactedObject(value: object, depth: number, walk: Walk): unknown {
  if (value instanceof Error) return redactedError(value, depth, walk)
  if (!Array.isArray(value)) return redactedRecord(value as Readonly<Record<string, unknown>>, depth, walk)
  const items = value.map((item) => redacted(item, depth + 1, walk))
  return items.some((item, i) => item !== value[i]) ? items : value
}

function redactedText(text: string): string {
  return text.replace(userInfo, `$1${hidden}@`).replace(secretParameter, `$1${hidden}`).replace(aclUser, `$1${hidden}$2`)
}

function redactedRecord(record: Readonly<Record<string, unknown>>, depth: number, walk: Walk): unknown {
  const safe: Record<string, unknown> = Object.create(Object.getPrototypeOf(record) as object | null) as Record<string, unknown>
  let changed = false
  for (const name of Object.keys(record)) {
    const value = read(record, name)
    const safeValue = redactedProperty(name, value, depth, walk)
    changed ||= safeValue !== value
    Object.defineProperty(safe, name, { value: safeValue, enumerable: true, writable: true, configurable: true })
  }
  return changed ? safe : record
}

/** A copy keeps the class and every property, so that logs and `instanceof` see the same error. */
function redactedError(error: Error, depth: number, walk: Walk): Error {
  const safe = new Map<string, unknown>()
  for (const name of Object.getOwnPropertyNames(error)) {
    const value = read(error, name)
    const safeValue = name === 'stack' && typeof value === 'string' ? redactedText(value) : redactedProperty(name, value, depth, walk)
    if (safeValue !== value) safe.set(name, safeValue)
  }
  if (safe.size === 0) return error
  safe.set('stack', safe.get('stack') ?? error.stack)
  const properties: Record<string, PropertyDescriptor> = Object.getOwnPropertyDescriptors(error)
  for (const [name, value] of safe) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, name)
    properties[name] = { value, enumerable, writable: true, configurable: true }
  }
  return Object.create(Object.getPrototypeOf(error) as object, properties) as Error
}

function redactedProperty(name: string, value: unknown, depth: number, walk: Walk): unknown {
  if (value === unreadable) return hidden
  // Numbers are no secrets: `tokens: 5` is a cost.
  if (secretName.test(name) && (typeof value === 'string' || (typeof value === 'object' && value !== null))) return hidden
  // ioredis keeps the command that failed: `AUTH` has the password in its arguments, others have the keys of callers.
  if (name === 'command' && typeof value === 'object' && value !== null && 'args' in value) {
    return { name: (value as { readonly name?: unknown }).name, args: hidden }
  }
  return redacted(value, depth + 1, walk)
}

const unreadable: unique symbol = Symbol('unreadable')

/** A getter of the application may throw, and nothing that is shown may fail. */
function read(from: object, name: string): unknown {
  try {
    return (from as Readonly<Record<string, unknown>>)[name]
  } catch {
    return unreadable
  }
}

interface Explained extends Error {
  readonly code?: unknown
  readonly errors?: readonly unknown[]
  readonly facts?: { readonly reason?: unknown }
}

/**
 * The reason that an error gives, as one text without secrets: its message, or the reason in the facts of an error of ours. Node reports a
 * failed connection to several addresses as an error without a message. Then the messages of its parts count, such as
 * `connect ECONNREFUSED ::1:6379; connect ECONNREFUSED 127.0.0.1:6379`.
 */
export function reasonOf(cause: unknown): string {
  const safe = redactedCause(cause)
  if (!(safe instanceof Error)) return String(safe)
  const { message, name, code, errors, facts } = safe as Explained
  if (typeof facts?.reason === 'string') return facts.reason
  // The code stands before the text of an error of ours, and a link after it.
  if (message !== '') {
    return message
      .replace(/^SLUICE_\w+: /, '')
      .replace(/ https:\S+#sluice_\w+$/, '')
      .replace(/\.$/, '')
  }
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(reasonOf))].join('; ')
  return typeof code === 'string' ? code : name
}
