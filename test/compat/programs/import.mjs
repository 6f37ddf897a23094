/** Imports every specifier of the command line. A function that two entry points of a package export exists once. */
const specifiers = process.argv.slice(2)
/** Each framework has a handler of its own by these names. */
const ofEachFramework = ['@sluice/dashboard quotaPage', '@sluice/dashboard operatorsPage']
const known = new Map()
for (const specifier of specifiers) {
  const exported = Object.entries(await import(specifier))
  if (exported.length === 0) throw new Error(`${specifier} exports nothing`)
  for (const [name, value] of exported) {
    const global = `${specifier.split('/', 2).join('/')} ${name}`
    if (name !== 'default' && !ofEachFramework.includes(global) && known.has(global) && known.get(global) !== value)
      throw new Error(`${global} exists twice`)
    known.set(global, value)
  }
}
console.log(`${process.version} imports ${specifiers.join(', ')}`)
