/** The workspace keeps every rule, and each rule notices a fault. */
import { expect, test } from 'vitest'
import { badWorkspaces } from './bad-workspaces.ts'
import { readWorkspace } from './files.ts'
import { rules } from './rules.ts'

const workspace = readWorkspace()

for (const [sentence, faultsOf] of Object.entries(rules)) {
  test(sentence, () => expect(faultsOf(workspace)).toEqual([]))
}

for (const { what, rule, files, faults } of badWorkspaces) {
  test(`notices ${what}`, () => expect(rule(files)).toEqual(faults))
}
