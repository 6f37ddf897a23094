/** Words that sluice no longer uses, and what it writes instead. */

/** A retired word. */
export interface RetiredWord {
  /**
   * An identifier in camelCase, or a phrase of a text in lower case. An identifier also matches as whole parts of longer names: `tab`
   * matches `openTab` and the file `tab.ts`, but not `table`.
   */
  readonly word: string
  /** `identifier` for names in code and of files; `text` for comments, docs, errors and test titles. Ordinary words are identifiers only. */
  readonly where: 'identifier' | 'text'
  readonly replacement: string
  /** Names that contain the word and stay, such as names of the public surface. */
  readonly except?: readonly string[]
  /** Folders in which the word is retired; everywhere by default. */
  readonly under?: readonly string[]
}

const limiterPath = ['packages/core/src/limiter', 'packages/core/src/memory']
const redis = ['packages/redis']
const architecture = ['test/architecture']

/** The list, in the order of the table in the style guide. */
export const retiredWords: readonly RetiredWord[] = [
  identifier('tab', 'RequestLedger'),
  identifier('stay', 'StageCharge'),
  identifier('exchange', 'RequestContext'),
  identifier('shortWay', 'fastPath'),
  identifier('longWay', 'generalPath'),
  text('short way', 'fast path'),
  text('long way', 'general path'),
  identifier('plainly', 'fast_path'),
  identifier('door', 'memory internals'),
  identifier('said', 'ResolvedKey'),
  identifier('asked', 'CallContext'),
  identifier('means', 'StoreContext'),
  identifier('errand', 'ScriptCall'),
  identifier('word', 'opcode', { under: redis }),
  identifier('letters', 'callCode', { under: redis }),
  identifier('apart', 'acrossSlots', { under: redis, except: ['SLUICE_APART'] }),
  identifier('together', 'sameSlot', { under: redis }),
  identifier('places', 'slots', { under: redis }),
  identifier('asItWas', 'decodeKey'),
  identifier('wellFormed', 'encodeKey'),
  identifier('unforgiven', 'uncapped'),
  text('unforgiven', 'uncapped'),
  identifier('stand', 'describe', { except: ['standIn', 'StandIn'] }),
  identifier('standing', 'BucketStatus'),
  identifier('growing', 'partialGrant', { except: ['growingMs', 'growingGcMs'] }),
  identifier('grown', 'partialGrant', { except: ['grownTable'] }),
  identifier('present', 'active'),
  identifier('unmet', 'unusedGuarantee'),
  identifier('pool', 'reservedShares', { under: ['packages/core', 'packages/redis'] }),
  identifier('lapsed', 'expired'),
  identifier('tidy', 'sweep'),
  identifier('pardon', 'clearBans'),
  identifier('standIn', 'localFallback'),
  identifier('instead', 'fallback'),
  identifier('insist', 'callOrThrow'),
  identifier('passage', 'permit'),
  identifier('spared', 'released'),
  identifier('survives', 'shouldContinue'),
  identifier('followed', 'tracked'),
  identifier('follower', 'tracker'),
  identifier('underWay', 'inFlight'),
  text('under way', 'in flight'),
  identifier('price', 'scaledCost', { under: limiterPath }),
  identifier('full', 'scaledCapacity', { under: ['packages/core/src/limiter'] }),
  identifier('spare', 'maxUsed', { under: limiterPath }),
  // `within` itself is an option of `ban`, and the verb of `FunctionTime`, which bounds an answer in time.
  identifier('within', 'clamp', { except: ['within', 'finishWithin', 'withinMs', 'readyWithinMs'] }),
  identifier('told', 'published'),
  identifier('shown', 'display'),
  identifier('says', 'message'),
  identifier('mend', 'hint'),
  identifier('house', 'layer'),
  identifier('room', 'package', { under: architecture }),
  text('rules of the house', 'rules of the workspace'),
  text('arrows of the house', 'arrows of the packages'),
]

type More = Pick<RetiredWord, 'except' | 'under'>

function identifier(word: string, replacement: string, more: More = {}): RetiredWord {
  return { word, where: 'identifier', replacement, ...more }
}

function text(word: string, replacement: string): RetiredWord {
  return { word, where: 'text', replacement }
}
