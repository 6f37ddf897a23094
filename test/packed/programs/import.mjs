/** Imports every specifier of the command line. */
const specifiers = process.argv.slice(2)
for (const specifier of specifiers) {
  const names = Object.keys(await import(specifier))
  if (names.length === 0) throw new Error(`${specifier} exports nothing`)
}
console.log(`${process.version} imports ${specifiers.join(', ')}`)
