/** `pnpm manifests`: writes what all packages have alike into each package.json. */
import { writeManifests } from './manifests.ts'

writeManifests()
