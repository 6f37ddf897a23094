/** `pnpm manifests`: writes what all packages have alike into each package.json, and formats it. */
import { mustRun } from './command.ts'
import { answerHelp } from './help.ts'
import { writeManifests } from './manifests.ts'
import { publishedPackages, root } from './packages.ts'

answerHelp('manifests')
writeManifests()
console.log(await mustRun(['biome', 'check', '--write', ...publishedPackages().map(({ folder }) => `${folder}/package.json`)], root))
