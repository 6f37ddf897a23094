/** Where the sources are found. Nothing else of the workspace states this address. That of the documentation is `site` of the core. */
export const repository = 'https://github.com/sluice-js/sluice'
