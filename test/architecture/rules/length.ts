/** A file is one idea, which fits in 250 lines; a longer one is listed with its reason. */
import { type Files, sourcesOf } from '../files.ts'
import { longForAReason, mostLines } from '../layers.ts'

export function longFiles(files: Files): readonly string[] {
  const long = sourcesOf(files).filter(({ text }) => text.trimEnd().split('\n').length > mostLines)
  return [
    ...long.filter(({ path }) => longForAReason[path] === undefined).map(({ path }) => `${path} has more than ${mostLines} lines`),
    ...Object.keys(longForAReason)
      .filter((listed) => sourcesOf(files).some(({ path }) => path === listed) && !long.some(({ path }) => path === listed))
      .map((listed) => `${listed} is listed as long but is not`),
  ]
}
