/** What is published leaves out `@sluice/source`, the condition by which this workspace resolves its packages to their sources. */
function dropSourceCondition(manifest) {
  const exports = JSON.stringify(manifest.exports, (key, value) => (key === '@sluice/source' ? undefined : value))
  return { ...manifest, exports: JSON.parse(exports) }
}

export const hooks = { beforePacking: dropSourceCondition }
