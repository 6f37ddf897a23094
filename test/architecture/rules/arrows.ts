/** Imports and dependencies between packages follow the arrows. */
import { posix } from 'node:path'
import { type Files, manifestsOf, sourcesOf } from '../files.ts'
import { arrows } from '../layers.ts'
import { parseModule } from '../module.ts'

export function againstTheArrows(files: Files): readonly string[] {
  const faults: string[] = []
  for (const [home, { dependencies, devDependencies, peerDependencies }] of Object.entries(manifestsOf(files))) {
    if (arrows[home] === undefined) faults.push(`packages/${home} is not in the list of packages`)
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })) {
      if (!allows(home, packageOf(name), name in { ...devDependencies })) faults.push(`packages/${home}/package.json depends on ${name}`)
    }
  }
  for (const { path, home, text, isTest } of sourcesOf(files)) {
    for (const specifier of parseModule(path, text).imports) {
      if (!allows(home, packageOf(specifier) ?? outside(path, specifier, home), isTest)) faults.push(`${path} imports ${specifier}`)
    }
  }
  return faults
}

/** Whether `home` may import `target`; its tests may also import the suites and what tests share. */
function allows(home: string, target: string | undefined, forTests: boolean): boolean {
  return target === undefined || arrows[home]?.includes(target) === true || (forTests && (target === 'test' || target === 'conformance'))
}

/** The folder of the package of ours that a specifier names. */
function packageOf(specifier: string): string | undefined {
  return /^@sluice\/([^/]+)/.exec(specifier)?.[1]
}

/** The folder at the root that a relative import reaches when it leaves its package; never one that an arrow leads to. */
function outside(path: string, specifier: string, home: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = posix.join(posix.dirname(path), specifier)
  return target.startsWith(`packages/${home}/`) ? undefined : target.split('/')[0]
}
