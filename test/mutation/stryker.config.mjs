/** How a mutation run goes: through every file of the rooms of the core that decide. */
export default {
  mutate: [
    'packages/core/src/whole-number.ts',
    'packages/core/src/{rules,buckets,adaptive,bans}/**/*.ts',
    // What the memory store does for these kinds is held by the suites of stores.
    '!packages/core/src/rules/*/{memory-slots,slot-charges,guaranteed-charges,guaranteed-records}.ts',
    '!**/*.test.ts',
  ],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/ignore-messages.mjs'],
  ignorers: ['messages'],
  coverageAnalysis: 'perTest',
  // What is decided while a module is loaded, such as a constant, would meet every test there is: seconds for each, and others hold it.
  ignoreStatic: true,
  concurrency: '50%',
  ignorePatterns: ['/bench', '/docs', '/examples', '/reports', 'dist', '.types'],
  reporters: ['json', 'progress'],
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
}
