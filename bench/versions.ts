/** Versions of what is compared. */
import { readFileSync } from 'node:fs'

/** The version of each package of this name, as installed. */
export function versionsOf(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]))
}

function versionOf(name: string): string {
  const manifest = JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
