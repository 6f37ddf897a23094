import {
  burstMax,
  concurrency,
  fixedWindow,
  guaranteedShareOf,
  type Rule,
  SluiceError,
  shareOf,
  slidingWindow,
  tokenBucket,
  unlimited,
} from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { parsePolicy } from './document.ts'

function refusalOf(text: string): SluiceError {
  try {
    parsePolicy(text)
  } catch (error) {
    if (error instanceof SluiceError) return error
    throw error
  }
  throw new Error(`accepted: ${text}`)
}

const good = `{
  "version": "7",
  "limits": {
    "api": { "rule": { "tokenBucket": { "capacity": 10, "per": "1s" } }, "shadow": true, "nearAt": 0.5 },
    "seller": { "rule": { "shareOf": { "parent": "app", "ratio": 0.5 } } }
  }
}`

/** A document of one limit, whose rule is the fourth line. */
function ruled(rule: string): string {
  return `{\n"version": "1",\n"limits": { "api": { "rule":\n${rule}\n} } }`
}

describe('a policy document', () => {
  test('is read as it stands', () => {
    const { document } = parsePolicy(good)
    expect(document).toEqual(JSON.parse(good))
  })

  test('may begin with the mark that editors of Windows leave', () => {
    expect(parsePolicy(`\uFEFF${good}`).document).toEqual(JSON.parse(good))
    expect(refusalOf(`\uFEFF{ "version": 7 }`).facts).toMatchObject({ line: 1, column: 14 })
  })

  test('says of a wrong number what to write instead, and then what becomes of the policy', () => {
    expect(refusalOf(ruled('{ "tokenBucket": { "capacity": 1, "per": "1 second" } }')).message).toMatch(
      /line 4, .*: per is not a duration: 1 second\. Write '250ms', .*\(366 days\)\. https:\S+\. Correct it and save it again;/,
    )
  })

  test.each<[json: string, rule: Rule | typeof unlimited]>([
    ['"unlimited"', unlimited],
    ['{ "tokenBucket": { "capacity": 10, "per": "1s" } }', tokenBucket({ capacity: 10, per: '1s' })],
    [
      '{ "tokenBucket": { "capacity": 10, "per": "1s", "refill": 5, "mode": "interval" } }',
      tokenBucket({ capacity: 10, per: '1s', refill: 5, mode: 'interval' }),
    ],
    ['{ "burstMax": { "refill": 2, "per": "1s" } }', burstMax({ refill: 2, per: '1s' })],
    [
      '{ "burstMax": { "refill": 2, "per": 1000, "capacity": 9, "mode": "bucket" } }',
      burstMax({ refill: 2, per: '1s', capacity: 9, mode: 'bucket' }),
    ],
    ['{ "fixedWindow": { "capacity": 10, "per": "1h" } }', fixedWindow({ capacity: 10, per: '1h' })],
    ['{ "fixedWindow": { "capacity": 10, "per": "1h", "align": "first" } }', fixedWindow({ capacity: 10, per: '1h', align: 'first' })],
    [
      '{ "fixedWindow": { "capacity": 10, "per": "month", "timeZone": "Asia/Seoul" } }',
      fixedWindow({ capacity: 10, per: 'month', timeZone: 'Asia/Seoul' }),
    ],
    ['{ "slidingWindow": { "capacity": 10, "per": "1m" } }', slidingWindow({ capacity: 10, per: '1m' })],
    ['{ "slidingWindow": { "capacity": 10, "per": "1m", "exact": true } }', slidingWindow({ capacity: 10, per: '1m', exact: true })],
    ['{ "slidingWindow": { "capacity": 10, "per": "1m", "slots": 6 } }', slidingWindow({ capacity: 10, per: '1m', slots: 6 })],
    ['{ "concurrency": { "capacity": 10, "lease": "5s" } }', concurrency({ capacity: 10, lease: '5s' })],
    ['{ "shareOf": { "parent": "app", "ratio": 0.25 } }', shareOf('app', 0.25)],
    ['{ "shareOf": { "parent": "app", "ratio": 0.25, "guaranteed": true } }', guaranteedShareOf('app', 0.25)],
  ])('means by %s the rule that code would have made', (json, rule) => {
    expect(parsePolicy(ruled(json)).rules.get('api')).toBe(rule)
  })

  test.each([
    ['half written', good.slice(0, 90), 4, 'this is not JSON: '],
    ['cut off before its end', good.slice(0, -2), 6, 'this is not JSON: close brace expected'],
    ['empty', '', 1, 'the document is empty'],
    ['of nothing but space', ' \n', 1, 'the document is empty'],
    ['written in UTF-16', Buffer.from(`\uFEFF${good}`, 'utf16le').toString(), 1, 'not written in UTF-8'],
    ['a list', '[]', 1, 'the policy must be an object'],
    ['with a comment', '{\n// no\n"version": "1", "limits": {} }', 2, 'JSON'],
    ['with a trailing comma', '{ "version": "1",\n "limits": {}, }', 2, 'JSON'],
    ['nested beyond reason', '['.repeat(200_000), 1, 'nested too deeply'],
    ['with a misspelt member', '{ "version": "1",\n "limts": {}, "limits": {} }', 2, 'Did you mean limits?'],
    ['longer than any policy is', ' '.repeat(2 ** 20 + 1), 1, 'longer than 1048576 characters'],
    ['with a name used twice', '{ "version": "1",\n "version": "2", "limits": {} }', 2, 'names version twice'],
    ['with an unknown member', '{ "version": "1",\n "limit": {}, "limits": {} }', 2, 'has no member limit'],
    ['without a version', '{\n "limits": {} }', 1, 'version must be a whole number in a string'],
    ['with a version that is no number', '{\n "version": "v1", "limits": {} }', 2, 'version must be a whole number in a string'],
    ['without limits', '{ "version": "1" }', 1, 'limits are missing'],
    ['with a schema that is no text', '{ "version": "1",\n "$schema": 7, "limits": {} }', 2, '$schema must be a text'],
    ['with a wrong migration', '{ "version": "1",\n\n "migrate": "keep", "limits": {} }', 3, 'migrate must be one of'],
    ['with a shadow that is a text', good.replace('true', '"yes"'), 4, 'shadow must be true or false'],
    ['with a threshold of 0', good.replace('"nearAt": 0.5', '"nearAt": 0'), 4, 'nearAt must be a number above 0'],
    ['with an initial fill below 0', good.replace('"nearAt": 0.5', '"initial": -1'), 4, 'initial must be a whole number from 0'],
    ['with a fraction of a cost', good.replace('"nearAt": 0.5', '"cost": 0.5'), 4, 'cost must be a whole number from 0'],
    ['with an unknown way out of an outage', good.replace('"nearAt": 0.5', '"onOutage": "wait"'), 4, 'one of allow, deny, local'],
    ['with an unknown time of debit', good.replace('"nearAt": 0.5', '"debit": "never"'), 4, 'one of before, after'],
    ['with a ban that is no object', good.replace('"nearAt": 0.5', '"ban": true'), 4, 'the ban of api must be an object'],
    [
      'with a ban of nobody',
      good.replace('"nearAt": 0.5', '"ban": { "after": 0, "within": "1m", "for": "1m" }'),
      4,
      'api.ban.after must be',
    ],
    ['with two rules in one limit', good.replace('{ "tokenBucket"', '{ "shareOf": {}, "tokenBucket"'), 4, 'or name one of'],
    ['with an unknown rule', good.replace('tokenBucket', 'leakyBucket'), 4, 'has no member leakyBucket'],
    ['with a rule of no numbers', ruled('{ "tokenBucket": 10 }'), 4, 'tokenBucket must be an object'],
  ])('%s is refused with its line and the reason', (_name, text, line, reason) => {
    const error = refusalOf(text)
    expect(error.code).toBe('SLUICE_POLICY')
    expect(error.message).toContain(reason)
    expect(error.facts.line).toBe(line)
  })

  test.each([
    ['{ "tokenBucket": { "capacity": -1, "per": "1s" } }', '-1, ', 'SLUICE_WHOLE_NUMBER', 'capacity must be a whole number'],
    ['{ "tokenBucket": { "capacity": 1, "per": "1 second" } }', '"1 second"', 'SLUICE_DURATION', 'per is not a duration: 1 second'],
    ['{ "tokenBucket": { "capacity": 1, "per": "1s", "mode": 1 } }', '1 }', 'SLUICE_CHOICE', 'mode is 1'],
    ['{ "tokenBucket": { "capacity": 1, "per": "1s", "window": 1 } }', '1 }', 'SLUICE_OPTION_UNKNOWN', 'window is not an option'],
    ['{ "tokenBucket": { "per": "1s" } }', '{ "per', 'SLUICE_WHOLE_NUMBER', 'capacity must be'],
    ['{ "burstMax": { "refill": 2, "per": "1s", "capacity": 5 } }', '{ "refill', 'SLUICE_BURST', 'a burst of 5'],
    ['{ "fixedWindow": { "capacity": 1, "per": "day", "timeZone": "Mars/Olympus" } }', '"Mars', 'SLUICE_TIME_ZONE', 'no time zone'],
    ['{ "slidingWindow": { "capacity": 1, "per": "1s", "exact": 1 } }', '1 }', 'SLUICE_OPTION_TYPE', 'exact must be true or false'],
    ['{ "shareOf": { "parent": "app", "ratio": 2 } }', '2 }', 'SLUICE_RATIO', 'ratio must be above 0'],
    ['{ "shareOf": { "parent": "app", "ratio": 0.5, "of": 1 } }', '1 }', 'SLUICE_OPTION_UNKNOWN', 'of is not an option'],
    ['{ "tokenBucket": { "capacity": 9007199254740991, "per": "366d" } }', '{ "cap', 'SLUICE_RULE_TOO_LARGE', '53 bits'],
  ])('points in %s at %s', (rule, at, code, reason) => {
    const error = refusalOf(ruled(rule))
    expect(error).toMatchObject({ code: 'SLUICE_POLICY', facts: { line: 4, column: rule.indexOf(at) + 1 }, cause: { code } })
    expect(String(error.facts.reason).toLowerCase()).toContain(reason.toLowerCase())
  })

  test.each([33, 100, 1000, 2000, 3000, 4000, 6000, 50_000])('nested %d levels deep is refused, whatever the stack holds', (levels) => {
    const lists = `{ "version": "1", "$schema": ${'['.repeat(levels)}${']'.repeat(levels)}, "limits": {} }`
    const objects = `{ "version": "1", "limits": { "a": { "nearAt": ${'{"a":'.repeat(levels)}1${'}'.repeat(levels)} } } }`
    for (const text of [lists, objects])
      expect(refusalOf(text)).toMatchObject({ code: 'SLUICE_POLICY', message: expect.stringContaining('nested') })
  })

  test.each([5, null, undefined, {}, Buffer.from('{}')])('%o in place of a text is refused', (document) => {
    expect(refusalOf(document as never).message).toContain('the document is not a text')
  })

  test('names its place even when a member is called __proto__', () => {
    expect(refusalOf('{ "version": "1",\n "__proto__": {}, "limits": {} }').message).toContain('has no member __proto__')
    expect(Object.keys(parsePolicy('{ "version": "1", "limits": { "__proto__": {} } }').document.limits)).toEqual(['__proto__'])
  })
})
