import { readFileSync } from 'node:fs'
import { SluiceError, tokenBucket } from '@sluice/core'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parsePolicy } from './document.ts'

const schema: object = JSON.parse(readFileSync(new URL('../policy.schema.json', import.meta.url), 'utf8'))
const fitsSchema = new Ajv({ strict: true, strictTypes: false }).compile(schema)

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

describe('a policy document', () => {
  test('is read with its rules as the code would have made them', () => {
    const { document, rules } = parsePolicy(good)
    expect(document.version).toBe('7')
    expect(rules.get('api')).toBe(tokenBucket({ capacity: 10, per: '1s' }))
    expect(rules.get('seller')).toMatchObject({ kind: 'share', parent: 'app' })
    expect(fitsSchema(document)).toBe(true)
  })

  test.each([
    ['half written', good.slice(0, 90), 4, 'JSON'],
    ['empty', '', 1, 'JSON'],
    ['a list', '[]', 1, 'the policy must be an object'],
    ['with a comment', '{\n// no\n"version": "1", "limits": {} }', 2, 'JSON'],
    ['with a trailing comma', '{ "version": "1",\n "limits": {}, }', 2, 'JSON'],
    ['with a name used twice', '{ "version": "1",\n "version": "2", "limits": {} }', 2, 'names version twice'],
    ['with an unknown member', '{ "version": "1",\n "limit": {}, "limits": {} }', 2, 'has no member limit'],
    ['without a version', '{\n "limits": {} }', 1, 'version must be a whole number in a string'],
    ['with a version that is no number', '{\n "version": "v1", "limits": {} }', 2, 'version must be a whole number in a string'],
    ['without limits', '{ "version": "1" }', 1, 'limits are missing'],
    ['with a wrong migration', '{ "version": "1",\n\n "migrate": "keep", "limits": {} }', 3, 'migrate must be one of'],
    ['with a wrong number', good.replace('10', '0'), 4, 'capacity must be a whole number'],
    ['with a fraction of a unit', good.replace('10', '1.5'), 4, 'capacity must be a whole number'],
    ['with a wrong duration', good.replace('1s', '1 second'), 4, 'per is not a duration'],
    ['with a wrong share', good.replace('"ratio": 0.5', '"ratio": 2'), 5, 'ratio must be above 0'],
    ['with an unknown rule', good.replace('tokenBucket', 'leakyBucket'), 4, 'has no member leakyBucket'],
    ['with an unknown option', good.replace('"per"', '"window": 1, "per"'), 4, 'window'],
    ['with two rules in one limit', good.replace('{ "tokenBucket"', '{ "shareOf": {}, "tokenBucket"'), 4, 'must name one of'],
    ['with a shadow that is a text', good.replace('true', '"yes"'), 4, 'shadow must be true or false'],
    ['with a threshold of 0', good.replace('"nearAt": 0.5', '"nearAt": 0'), 4, 'nearAt must be above 0'],
  ])('%s is refused with its line and the reason', (_name, text, line, reason) => {
    const error = refusalOf(text)
    expect(error.code).toBe('SLUICE_POLICY')
    expect(error.message).toContain(reason)
    expect(error.facts.line).toBe(line)
  })

  test('is refused by the schema wherever the reader refuses what is JSON', () => {
    const wrong = [
      good.replace('10', '0'),
      good.replace('1s', '1 second'),
      good.replace('tokenBucket', 'leakyBucket'),
      '{ "version": "1" }',
    ]
    for (const text of wrong) expect([text, fitsSchema(JSON.parse(text))]).toEqual([text, false])
  })

  test('names its place even when a member is called __proto__', () => {
    expect(refusalOf('{ "version": "1",\n "__proto__": {}, "limits": {} }').message).toContain('has no member __proto__')
  })
})
