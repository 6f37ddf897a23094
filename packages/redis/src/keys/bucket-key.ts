/** Where buckets are in Redis: keys that are as distinct as the limits and keys they come from, in a slot that is chosen by design. */
import { createHash } from 'node:crypto'
import type { LimitFacts } from '@sluice/core'
import { slotOfTag, tagInSlot } from './cluster-slot.ts'

/** The keys of one store. */
export interface BucketKeys {
  /** What every key begins with, but for braces. */
  readonly prefix: string
  /** Whether buckets lie in many slots. */
  readonly spread: boolean
  /** What stands in the braces of a bucket's key and alone decides its slot: a function of the bucket's own identity. */
  tagOf(key: string): string
  /** The Redis key of a bucket. */
  bucket(limit: LimitFacts, key: string): string
  /** The Redis key of the slots of a limit on what happens at the same time, beside the bucket, in which only a block can be. */
  slots(limit: LimitFacts, key: string): string
  /** The Redis key of the record of a parent's children, in the slot of the parent: of those that are enforced, or only measured. */
  children(limit: LimitFacts, parentKey: string): string
  /** The Redis key of the list of a limit's blocked keys; with `spread` in a slot of its own. */
  blockedList(limit: LimitFacts): string
  /**
   * The Redis key of the generations of all limits, which every script is given last. In a Cluster it is the script's first key again, because
   * a key that is absent cannot be read there while its slot moves.
   * @param first - the first key of the script
   */
  generations(first: string): string
  /** A limit's name as keys have it. */
  nameIn(limit: LimitFacts): string
  /** What names the slot of a bucket in settlement ids: a short tag that lies in the same slot; empty where all buckets share one. */
  place(key: string): string
  /** The Redis key of a page of settlements, in the slot of a place. */
  settlements(page: string, place: string): string
  /** A key that only the check of the server uses. */
  readonly check: string
  /** Which keys the store uses, as a pattern of `ACL SETUSER`. */
  readonly pattern: string
}

/**
 * Keys that begin with `prefix`, which has no braces: `{sluice}:limit:key`, all in one slot, or with `spread` `sluice:{part}:limit:key`,
 * by the first part of the key.
 */
export function bucketKeys(keyPrefix: string, prefix: string, spread: boolean, isCluster: boolean = false): BucketKeys {
  const names = new WeakMap<LimitFacts, string>()
  const open = spread ? `${keyPrefix}${prefix}:{` : `${keyPrefix}{`

  function nameOf(limit: LimitFacts): string {
    const known = names.get(limit)
    if (known !== undefined) return known
    const name = `${plain(limit.name)}:`
    names.set(limit, name)
    return name
  }

  // No page of settlements has such a name: it has a point.
  const generations = `${open}${prefix}}::generations`
  const tagOf: BucketKeys['tagOf'] = spread ? (key) => tagText(firstPart(key)) : () => prefix
  return {
    prefix: keyPrefix + prefix,
    spread,
    tagOf,
    bucket: (limit, key) => `${open}${tagOf(key)}}:${nameOf(limit)}${encodeKey(key)}`,
    slots: (limit, key) => `${open}${tagOf(key)}};${nameOf(limit)}${encodeKey(key)}`,
    children: ({ parent, shadow }, parentKey) =>
      `${open}${tagOf(parentKey)}}${shadow ? '~' : '<'}${plain(parent ?? '')}:${encodeKey(parentKey)}`,
    // Every bucket of the limit has one more colon.
    blockedList: ({ name }) => `${open}${spread ? tagText(name) : prefix}}:${plain(name)}`,
    generations: isCluster ? (first) => first : () => generations,
    nameIn: ({ name }) => plain(name),
    place: spread ? (key) => tagInSlot(slotOfTag(tagOf(key))) : () => '',
    // No limit has an empty name, so no bucket has such a key.
    settlements: (page, place) => `${open}${spread ? place : prefix}}::${page}`,
    // No page has such a name: it has a point.
    check: `${open}${spread ? 'check' : prefix}}::check`,
    pattern: spread ? `${open}*` : `${open}${prefix}}*`,
  }
}

/** A limit's name without the colon that ends it, and without braces. */
function plain(name: string): string {
  return name.replace(/[%:{}]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
}

/**
 * The first part of a key's text: the whole text where it is one short string, and else what stands first after the mark. Of a key
 * without parts it is empty.
 */
export function firstPart(key: string): string {
  if (key.charCodeAt(0) !== 0) return key
  const string = /^\0s(\d+):/.exec(key)
  if (string !== null) return key.slice(string[0].length, string[0].length + Number(string[1]))
  return /^\0(?:[hj][0-9a-f]{64}|[ni][^;]*;|[TF])/.exec(key)?.[0].slice(1) ?? ''
}

/** How many parts a key's text has. */
export function countParts(key: string): number {
  if (key.charCodeAt(0) !== 0) return 1
  let rest = key.slice(1)
  let parts = 0
  for (; rest !== ''; parts++) {
    const part = /^(?:[hj][0-9a-f]{64}|[ni][^;]*;|[TF]|s(\d+):)/.exec(rest)
    if (part === null) return parts
    rest = rest.slice(part[0].length + Number(part[1] ?? 0))
  }
  return parts
}

/** What may stand between braces: not nothing, no brace, and not too long to repeat in every key. Others are told apart by their hash. */
function tagText(part: string): string {
  if (/^[^{}~][^{}]{0,63}$/.test(part) && !loneSurrogate.test(part)) return part
  return `~${createHash('sha256').update(utf16(part)).digest('base64url').slice(0, 16)}`
}

/** Redis keys are bytes, and half a surrogate pair has none of its own: such keys are written as the numbers of their code units. */
export function encodeKey(key: string): string {
  return key.charCodeAt(0) === 1 || loneSurrogate.test(key) ? `\u0001${utf16(key).toString('hex')}` : key
}

/** The key that was made well-formed. */
export function decodeKey(text: string): string {
  return text.charCodeAt(0) === 1 ? Buffer.from(text.slice(1), 'hex').toString('utf16le') : text
}

const loneSurrogate = /\p{Surrogate}/u

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le')
}
