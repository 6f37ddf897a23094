import { expect, test } from 'vitest'
import { slotCount, slotOfTag, tagInSlot } from './cluster-slot.ts'

test.each([
  // The check value of CRC-16/XMODEM, and slots as `CLUSTER KEYSLOT` of Redis 7 gives them.
  ['123456789', 0x31c3],
  ['sluice', 59],
  ['user1000', 3443],
  ['Größe', 2599],
])('the slot of %j is %d', (tag, slot) => {
  expect(slotOfTag(tag)).toBe(slot)
})

test('each slot has one short tag that lies in it', () => {
  const tags = Array.from({ length: slotCount }, (_, slot) => tagInSlot(slot))
  expect(tags.map(slotOfTag)).toEqual(Array.from({ length: slotCount }, (_, slot) => slot))
  expect(Math.max(...tags.map(({ length }) => length))).toBeLessThanOrEqual(4)
})
