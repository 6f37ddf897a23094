/** A policy as JSON: understood in one piece, or refused with the place and the reason. */
import type { BanRule, Migrate, Rule, SluiceError, unlimited } from '@sluice/core'
import { plainValue, readJson } from './json-place.ts'
import { type LimitDocument, type ReadLimit, readLimit } from './limit-document.ts'

/** The document itself, as `policy.schema.json` describes it. */
export interface PolicyDocument {
  readonly $schema?: string
  /** A whole number in a string; must grow from document to document. */
  readonly version: string
  /** What becomes of buckets whose rule changes. @default 'keepUsed' */
  readonly migrate?: Migrate
  /** Measures every limit and lets everything through. @default false */
  readonly shadow?: boolean
  readonly limits: Readonly<Record<string, LimitDocument>>
}

/** A document whose every part has been understood. */
export interface ParsedPolicy {
  readonly document: PolicyDocument
  /** The rules of its limits, by name. */
  readonly rules: ReadonlyMap<string, Rule | typeof unlimited>
  /** Their bans, by name. */
  readonly bans: ReadonlyMap<string, BanRule>
  /**
   * An error for what only the limits in code, or the document before, can tell: at the place of the version, of a limit, or of an
   * option of it.
   */
  refusal(at: { readonly limit?: string; readonly option?: string }, reason: string, cause?: unknown): SluiceError
}

const migrations: readonly unknown[] = ['keepUsed', 'keepRemaining', 'proportional', 'reset'] satisfies Migrate[]

/**
 * Reads a policy. Comments, trailing commas and names used twice are refused, since other readers of the file would see something else.
 * @throws SluiceError `SLUICE_POLICY` with the line, the column and the reason
 * @example
 * ```ts
 * const policy = parsePolicy('{ "version": "7", "limits": { "api": { "nearAt": 0.5 } } }')
 * policy.document.version // '7'
 * ```
 */
export function parsePolicy(text: string): ParsedPolicy {
  const reader = readJson(text)
  const members = reader.members(reader.root, 'the policy', ['$schema', 'version', 'migrate', 'shadow', 'limits'])
  const check = (name: string, reason: string, fits: (value: unknown) => boolean): void => {
    const place = members.get(name)
    if (place !== undefined && !fits(plainValue(place))) throw reader.refuse(place, reason)
  }
  const wanted = 'version must be a whole number in a string, such as "20261122"'
  const version = members.get('version')
  if (version === undefined) throw reader.refuse(reader.root, wanted)
  check('version', wanted, (value) => typeof value === 'string' && /^\d{1,15}$/.test(value))
  check('$schema', '$schema must be a text', (value) => typeof value === 'string')
  check('migrate', `migrate must be one of ${migrations.join(', ')}`, (value) => migrations.includes(value))
  check('shadow', 'shadow must be true or false', (value) => typeof value === 'boolean')
  const limits = members.get('limits')
  if (limits === undefined) throw reader.refuse(reader.root, 'limits are missing')
  const read = new Map<string, ReadLimit>()
  for (const [name, at] of reader.members(limits, 'limits')) read.set(name, readLimit(name, at, reader))
  return {
    document: plainValue(reader.root) as PolicyDocument,
    rules: new Map([...read].flatMap(([name, { rule }]) => (rule === undefined ? [] : [[name, rule] as const]))),
    bans: new Map([...read].flatMap(([name, { ban }]) => (ban === undefined ? [] : [[name, ban] as const]))),
    refusal({ limit, option }, reason, cause) {
      const found = limit === undefined ? undefined : read.get(limit)
      return reader.refuse(found?.members.get(option ?? '') ?? found?.at ?? version, reason, cause)
    },
  }
}
