/** Runs a command in this process, with files in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../src/index.ts'

/** What a command has answered. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What a command is given beside its arguments. */
export interface Surroundings {
  /** Files by name. An argument that is such a name becomes the path of the file. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly stdin?: readonly (string | Uint8Array)[]
  readonly env?: Readonly<Record<string, string>>
  /** Columns of the terminal that standard output and error are. @default none: they are no terminal */
  readonly columns?: number
}

/** The exit code and the texts of a command. The path of the folder is left out of the texts. */
export async function sluice(args: readonly string[], { files = {}, stdin = [], env = {}, columns }: Surroundings = {}): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
  const texts = { out: '', err: '' }
  const output = (name: 'out' | 'err') => ({
    ...(columns === undefined ? {} : { isTTY: true, columns }),
    write: (text: string) => {
      texts[name] += text
    },
  })
  async function* input(): AsyncGenerator<Uint8Array> {
    for (const part of stdin) yield await Promise.resolve(typeof part === 'string' ? Buffer.from(part) : part)
  }
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const located = args.map((arg) => (arg in files ? join(folder, arg) : arg.replace(/^@/, `${folder}/`)))
    const code = await main(located, { stdin: input(), stdout: output('out'), stderr: output('err'), env })
    return { code, out: texts.out.replaceAll(`${folder}/`, ''), err: texts.err.replaceAll(`${folder}/`, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
