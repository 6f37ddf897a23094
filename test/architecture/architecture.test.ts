/** The house stands as it was drawn, and a rule that is broken is noticed. */
import { expect, test } from 'vitest'
import { badHouses } from './bad-houses.ts'
import { readWorkspace } from './files.ts'
import { rules } from './rules.ts'

const workspace = readWorkspace()

for (const [sentence, faultsOf] of Object.entries(rules)) {
  test(sentence, () => expect(faultsOf(workspace)).toEqual([]))
}

for (const { what, rule, files, faults } of badHouses) {
  test(`notices ${what}`, () => expect(rule(files)).toEqual(faults))
}
