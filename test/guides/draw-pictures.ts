/** Draws the pictures of "Layered quotas" anew: `node --conditions=@sluice/source --import tsx test/guides/draw-pictures.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withPictures } from './pictures.ts'

const guide = new URL('../../docs/guides/layered-quotas.md', import.meta.url)
writeFileSync(guide, await withPictures(readFileSync(guide, 'utf8')))
