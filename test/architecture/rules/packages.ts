/** Every package is whole: it is explained, tested, built, and described like its neighbours. */
import { sharedFieldsOf } from '../../../scripts/manifests.ts'
import type { Manifest as ScriptsManifest } from '../../../scripts/packages.ts'
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
    const changes = files[`${folder}/CHANGELOG.md`] ?? ''
    return [
      ...(inside.includes(`${folder}/README.md`) ? [] : [`${folder} has no README.md`]),
      ...(inside.includes(`${folder}/LICENSE`) ? [] : [`${folder} has no LICENSE`]),
      ...(changes.includes(`\n## ${manifest.version}\n`) ? [] : [`${folder}/CHANGELOG.md does not name version ${manifest.version}`]),
      ...(inside.some((path) => path.endsWith('.test.ts')) ? [] : [`${folder} has no test`]),
      ...(built.includes(folder) ? [] : [`tsconfig.json does not refer to ${folder}`]),
      ...needed
        .filter((name) => !project.includes(name.replace('@sluice/', '../')))
        .map((name) => `${folder}/tsconfig.json does not refer to ${name}`),
      ...oddities(home, manifest).map((oddity) => `${folder}/package.json ${oddity}`),
    ]
  })
}

/** All packages are released together, so a package of another version is a mistake, and its code a start-up error. */
export function differentVersions(files: Files): readonly string[] {
  const [first, ...others] = Object.entries(manifestsOf(files)).map(([home, { version }]) => ({ home, version }))
  return others
    .filter(({ version }) => version !== first?.version)
    .map(({ home, version }) => `packages/${home} is of version ${version}, and packages/${first?.home} of ${first?.version}`)
}

function referencesOf(files: Files, path: string): readonly string[] {
  const project = JSON.parse(files[path] ?? '{}') as Project
  return (project.references ?? []).map((reference) => reference.path)
}

function oddities(home: string, manifest: Manifest): readonly string[] {
  const shared = sharedFieldsOf(`packages/${home}`, manifest as ScriptsManifest)
  const fields = manifest as Readonly<Record<string, unknown>>
  return [
    ...(manifest.name === `@sluice/${home}` ? [] : ['is not named after its folder']),
    ...(manifest.keywords?.includes('rate-limit') ? [] : ['has no keyword rate-limit']),
    ...(Object.keys(manifest.scripts ?? {}).length === 0 ? [] : ['has scripts, which an install may run']),
    ...(Object.keys(manifest.exports ?? {}).length > 0 ? [] : ['exports nothing']),
    ...Object.entries(shared).flatMap(([field, wanted]) =>
      // The order of conditions counts, and JSON keeps it.
      JSON.stringify(fields[field]) === JSON.stringify(wanted) ? [] : [`has another ${field} than pnpm manifests writes`],
    ),
  ]
}
