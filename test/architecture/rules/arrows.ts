/** Imports and dependencies between packages follow the arrows. */
import { posix } from 'node:path'
import { type Files, manifestsOf, sourcesOf } from '../files.ts'
import { arrows } from '../house.ts'
import { parseModule } from '../module.ts'

export function againstTheArrows(files: Files): readonly string[] {
  const faults: string[] = []
  for (const [home, { dependencies, devDependencies, peerDependencies }] of Object.entries(manifestsOf(files))) {
    if (arrows[home] === undefined) faults.push(`packages/${home} has no place in the house`)
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })) {
      const target = packageOf(name)
      if (target !== undefined && !allows(home, target)) faults.push(`packages/${home}/package.json depends on ${name}`)
    }
  }
  for (const { path, home, text } of sourcesOf(files)) {
    for (const specifier of parseModule(path, text).imports) {
      const target = packageOf(specifier) ?? folderOf(path, specifier, home)
      if (target !== undefined && !allows(home, target)) faults.push(`${path} imports ${specifier}`)
    }
  }
  return faults
}

function allows(home: string, target: string): boolean {
  return arrows[home]?.includes(target) ?? false
}

function packageOf(specifier: string): string | undefined {
  return /^@sluice\/([^/]+)/.exec(specifier)?.[1]
}

/** The folder that a relative import reaches outside its own package, where a package may never reach. */
function folderOf(path: string, specifier: string, home: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = posix.join(posix.dirname(path), specifier)
  return target.startsWith(`packages/${home}/`) ? undefined : target
}
