/** The packed core throttles on the runtimes that are not Node. */
import { mustRun } from '../../scripts/command.ts'
import { fetched } from '../../scripts/programs.ts'
import { createConsumer } from './consumer.ts'
import { writeWorkerdConfig } from './workerd.ts'

const { folder } = await createConsumer()

const commands = {
  bun: fetched(['bun'], 'bun', 'run', 'throttle.mjs'),
  // No permission is given, and none may be asked for.
  deno: fetched(['deno'], 'deno', 'run', '--no-prompt', 'throttle.mjs'),
  workerd: fetched(['workerd'], 'workerd', 'test', writeWorkerdConfig(folder)),
}
for (const [runtime, command] of Object.entries(commands)) console.log(runtime, (await mustRun(command, folder)).trimEnd())
