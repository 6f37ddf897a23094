/** Pictures in a guide: blocks of text under a comment that names them. */
import { picture } from './admission-picture.ts'
import { scenes } from './admission-scenes.ts'

const block = /(<!-- picture: ([\w-]+) -->\n\n```text\n)(.*?)(\n```)/gs

/** The guide with every picture as the deciders draw it now. */
export async function withPictures(guide: string): Promise<string> {
  const drawn = new Map<string, string>()
  for (const name of picturesIn(guide)) drawn.set(name, await picture(scenes[name]!))
  return guide.replace(block, (_block, before: string, name: string, _old: string, after: string) => before + drawn.get(name)! + after)
}

/** The names of the pictures in a guide, in order. */
export function picturesIn(guide: string): string[] {
  return [...guide.matchAll(block)].map(([, , name]) => name!)
}
