/**
 * The address of the documentation. Nothing else states it: each message of an error ends with a link to it, and `pnpm manifests` writes
 * it into each package.json.
 */
export const site = 'https://sluice-js.github.io/sluice'
