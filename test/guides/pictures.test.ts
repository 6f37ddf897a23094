/** The pictures in "Layered quotas" are what the deciders do. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scenes } from './admission-scenes.ts'
import { picturesIn, withPictures } from './pictures.ts'

const guide = readFileSync(new URL('../../docs/guides/layered-quotas.md', import.meta.url), 'utf8')

test('every scene is shown once, and every picture has a scene', () => {
  expect(picturesIn(guide)).toEqual(Object.keys(scenes))
})

test('every picture is fresh; test/guides/draw-pictures.ts draws them anew', async () => {
  expect(await withPictures(guide)).toBe(guide)
})
