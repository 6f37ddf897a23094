/** The rules of the workspace, each with the sentence that is true when it finds no fault. */
import type { Rule } from './files.ts'
import { againstTheArrows } from './rules/arrows.ts'
import { tiesOfTheCore } from './rules/core.ts'
import { waysBack } from './rules/folders.ts'
import { namedRegistries } from './rules/hosts.ts'
import { misusedIndexes } from './rules/index-files.ts'
import { misusedInternals } from './rules/internal.ts'
import { strayKinds } from './rules/kinds.ts'
import { longFiles } from './rules/length.ts'
import { luaInStrings } from './rules/lua.ts'
import { namesOfNothing } from './rules/names.ts'
import { differentVersions, unfinishedPackages } from './rules/packages.ts'

export const rules: Readonly<Record<string, Rule>> = {
  'packages import along the arrows only': againstTheArrows,
  'folders of a package import each other in one direction': waysBack,
  'the core needs no package, no Node, and no world while it loads': tiesOfTheCore,
  'an index lists its names, and no inner file imports it': misusedIndexes,
  'our packages share plumbing through @sluice/core/internal, and users never meet it': misusedInternals,
  'no file outside the folders of a kind of rule asks for that kind': strayKinds,
  'folders and files are named after their idea': namesOfNothing,
  'Lua stands in .lua files': luaInStrings,
  'every package is explained, tested, built and described alike': unfinishedPackages,
  'all packages are of one version': differentVersions,
  'no lock file or document names a registry': namedRegistries,
  'a source file has at most 250 lines, or a reason': longFiles,
}
