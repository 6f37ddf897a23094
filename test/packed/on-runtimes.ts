/** The packed packages throttle on the runtimes that are not Node. */
import { mustRun } from '../../scripts/command.ts'
import { fetched } from '../../scripts/programs.ts'
import { createConsumer } from './consumer.ts'
import { writeWorkerdConfig } from './workerd.ts'

const { folder } = await createConsumer()

const commands = {
  bun: ['throttle.mjs', 'serve.mjs'].map((program) => fetched(['bun'], 'bun', 'run', program)),
  // No permission is given, and none may be asked for.
  deno: ['throttle.mjs', 'serve.mjs'].map((program) => fetched(['deno'], 'deno', 'run', '--no-prompt', program)),
  workerd: [fetched(['workerd'], 'workerd', 'test', writeWorkerdConfig(folder))],
}
for (const [runtime, programs] of Object.entries(commands)) {
  for (const command of programs) console.log(runtime, (await mustRun(command, folder)).trimEnd())
}
