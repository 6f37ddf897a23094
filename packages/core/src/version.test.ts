import { expect, test } from 'vitest'
import { everyone } from './key.ts'
import { createLimiter } from './limiter/limiter.ts'
import { memoryStore } from './memory/memory-store.ts'
import { shareOf } from './rules/share/share.ts'
import { tokenBucket } from './rules/token-bucket/token-bucket.ts'
import { SluiceError } from './sluice-error.ts'
import { errorsOf } from './version.ts'

test('a package of another version than the core is refused when it loads', () => {
  expect(errorsOf('@sluice/http', undefined)).toBe(SluiceError)
  expect(() => errorsOf('@sluice/http', '9.9.9')).toThrow(
    expect.objectContaining({ code: 'SLUICE_VERSIONS', message: expect.stringMatching(/"@sluice\/http" is of version 9\.9\.9/) }),
  )
})

/** The object as a core of that version would have made it. */
function ofVersion<T extends object>(version: string, made: T): T {
  return Object.create(made, { [Symbol.for('sluice.version')]: { value: version } }) as T
}

const rule = tokenBucket({ capacity: 1, per: '1h' })
const parent = { name: 'all', by: everyone, rule }

test.each([
  ['a store', 'store', () => createLimiter({ store: ofVersion('9.9.9', memoryStore()), limits: [parent] })],
  ['a rule', 'all.rule', () => createLimiter({ limits: [{ ...parent, rule: ofVersion('9.9.9', rule) }] })],
  [
    'a share',
    'part.rule',
    () => createLimiter({ limits: [parent, { name: 'part', by: everyone, rule: ofVersion('9.9.9', shareOf(parent, 0.5)) }] }),
  ],
])('%s of another version is refused at start-up', (_what, name, start) => {
  expect(start).toThrow(expect.objectContaining({ code: 'SLUICE_VERSIONS', facts: { name, version: '9.9.9', core: undefined } }))
})
