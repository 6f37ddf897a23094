/** The files that CONTRIBUTING lists for readers of `consume`, held to what runs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../command.ts'
import { root } from '../packages.ts'

const heading = '## The path of a request'

/** The listed files, in order. Throws where one of them does not exist, or where code runs in a file that is not listed. */
export async function pathOfARequest(): Promise<readonly string[]> {
  const listed = listedFiles(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'))
  const ran = JSON.parse(await mustRun(['tsx', 'scripts/numbers/fast-path.ts'], root)) as readonly string[]
  const faults = [
    ...listed.filter((file) => !existsSync(join(root, file))).map((file) => `${file} is listed but does not exist`),
    ...ran.filter((file) => !listed.includes(file)).map((file) => `${file} runs during consume() but is not listed`),
  ]
  if (faults.length > 0) throw new Error(`CONTRIBUTING.md, "${heading.slice(3)}": ${faults.join('; ')}.`)
  return listed
}

/** The paths that open the numbered items of the section. */
export function listedFiles(contributing: string): readonly string[] {
  const section = contributing.split(/^(?=## )/m).find((part) => part.startsWith(heading)) ?? ''
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path ?? '')
}
