/** Builds the program and the page with webpack, which must have nothing to warn about. */
import webpack from 'webpack'

const shared = { mode: 'production', context: import.meta.dirname, performance: { hints: false } }
const path = `${import.meta.dirname}/out`
const compiler = webpack([
  { ...shared, target: 'node20', entry: './bundled.mjs', output: { path, filename: 'webpack.cjs' } },
  { ...shared, target: 'web', entry: './page.mjs', output: { path, filename: 'page.js' } },
])
compiler.run((error, stats) => {
  if (error) throw error
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString())
  console.log(stats.toString({ all: false, assets: true }))
})
