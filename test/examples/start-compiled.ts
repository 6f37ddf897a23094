/** Examples in processes of their own, compiled, because tests start many. `demo.test.ts` starts them as users do. */
import { fileURLToPath } from 'node:url'
import { type Example, startExample } from '../../examples/demo/example.ts'
import { compiled } from '../servers/index.ts'

/** Starts `examples/<name>.ts` on a free port, and waits until it listens. @param env - what it finds in its environment, beside ours */
export async function startCompiled(name: string, env: Readonly<Record<string, string>> = {}): Promise<Example> {
  return startExample(name, env, [await compiled(fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url)))])
}
