/** Every package is whole: it is explained, tested, built, and described like its neighbours. */
import { type Files, type Manifest, manifestsOf } from '../files.ts'

interface Project {
  readonly references?: readonly { readonly path: string }[]
}

export function unfinishedPackages(files: Files): readonly string[] {
  const built = referencesOf(files, 'tsconfig.json')
  return Object.entries(manifestsOf(files)).flatMap(([home, manifest]) => {
    const folder = `packages/${home}`
    const inside = Object.keys(files).filter((path) => path.startsWith(`${folder}/`))
    const needed = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@sluice/'))
    const project = referencesOf(files, `${folder}/tsconfig.json`)
    return [
      ...(inside.includes(`${folder}/README.md`) ? [] : [`${folder} has no README.md`]),
      ...(inside.includes(`${folder}/LICENSE`) ? [] : [`${folder} has no LICENSE`]),
      ...(inside.some((path) => path.endsWith('.test.ts')) ? [] : [`${folder} has no test`]),
      ...(built.includes(folder) ? [] : [`tsconfig.json does not refer to ${folder}`]),
      ...needed
        .filter((name) => !project.includes(name.replace('@sluice/', '../')))
        .map((name) => `${folder}/tsconfig.json does not refer to ${name}`),
      ...oddities(home, manifest).map((oddity) => `${folder}/package.json ${oddity}`),
    ]
  })
}

function referencesOf(files: Files, path: string): readonly string[] {
  const project = JSON.parse(files[path] ?? '{}') as Project
  return (project.references ?? []).map((reference) => reference.path)
}

function oddities(home: string, manifest: Manifest): readonly string[] {
  const entries = Object.entries(manifest.exports ?? {}).filter(([entry]) => !entry.endsWith('.json'))
  return [
    ...(manifest.name === `@sluice/${home}` ? [] : ['is not named after its folder']),
    ...(manifest.type === 'module' ? [] : ['is not of type module']),
    ...(manifest.sideEffects === false || Array.isArray(manifest.sideEffects) ? [] : ['does not say which files have side effects']),
    ...(manifest.engines?.node === '^20.19.0 || >=22.12.0' ? [] : ['names other Node versions than those that can require ESM']),
    ...(entries.length > 0 ? [] : ['exports nothing']),
    ...entries
      .filter(([, conditions]) => Object.keys(conditions).join() !== '@sluice/source,types,default')
      .map(([entry]) => `exports ${entry} under other conditions than @sluice/source, types, default`),
  ]
}
