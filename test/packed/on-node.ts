/** The packed packages import, require and throttle on every Node that is supported. */
import { mustRun } from '../../scripts/command.ts'
import { entriesOf } from '../../scripts/packages.ts'
import { nodeAt, nodeVersions } from '../../scripts/programs.ts'
import { createConsumer } from './consumer.ts'
import { faultsOf } from './contents.ts'

const { folder, packages } = await createConsumer()

const faults = packages.flatMap((each) => faultsOf(each, folder))
if (faults.length > 0) throw new Error(faults.join('\n'))

const entries = packages.flatMap(entriesOf)
for (const version of nodeVersions) {
  for (const args of [['import.mjs', ...entries], ['require.cjs', ...entries], ['on-node.mjs']]) {
    console.log(version, (await mustRun(nodeAt(version, ...args), folder)).trimEnd())
  }
}
