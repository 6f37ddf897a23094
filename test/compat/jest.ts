/** Jest, which resolves packages by itself: `require` gives the CommonJS, and `import` the ESM. */
import { jestVersions } from '../../scripts/programs.ts'
import { applicationPeers, type Consumer, createProject, specifiersOf } from './project.ts'

const jestOf = (version: string): Consumer => ({
  name: `Jest ${version}`,
  holds: 'tests in CommonJS and in ESM load every entry point, throttle, and compare errors by class',
  async run(tarballs) {
    const { run, write } = await createProject(tarballs, { ...applicationPeers(tarballs), jest: version }, 'jest')
    const jest = 'node_modules/jest/bin/jest.js'
    const config = (extension: string) => ({
      testEnvironment: 'node',
      transform: {},
      testMatch: [`**/*.test.${extension}`],
      moduleFileExtensions: ['js', 'cjs', 'mjs', 'json'],
      // What is tried is the packages, which must not leave a timer behind.
      detectOpenHandles: true,
    })
    // The suite for authors of adapters is one of Vitest.
    const entries = specifiersOf(tarballs).filter((entry) => entry !== '@sluice/conformance/adapter')
    for (const extension of ['cjs', 'mjs']) write(`${extension}.json`, JSON.stringify(config(extension)))
    // NestJS itself is ESM alone, so Jest cannot require it.
    write('entries.json', JSON.stringify(entries.filter((entry) => entry !== '@sluice/nestjs')))
    await run(process.execPath, jest, '--config', 'cjs.json', '--runInBand', '--no-cache')
    write('entries.json', JSON.stringify(entries))
    await run(process.execPath, '--experimental-vm-modules', jest, '--config', 'mjs.json', '--runInBand', '--no-cache')
  },
})

export const jest: readonly Consumer[] = jestVersions.map(jestOf)
