/** Lock files and documents name no registry: who installs decides where packages come from. */
import type { Files } from '../files.ts'

const host = /\bregistry\.[a-z0-9-]+(\.[a-z]{2,})+|\bnpm\.pkg\.github\.com\b/

export function namedRegistries(files: Files): readonly string[] {
  return Object.entries(files)
    .filter(([path]) => /\.(json|md|yaml|yml)$|\.npmrc$/.test(path))
    .flatMap(([path, text]) => {
      const named = host.exec(text)?.[0]
      return named === undefined ? [] : [`${path} names ${named}`]
    })
}
