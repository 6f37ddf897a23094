/** Requires every specifier of the command line, and gets the very module that an import gets: one class of errors, one set of symbols. */
const specifiers = process.argv.slice(2)

async function main() {
  for (const specifier of specifiers) {
    const required = require(specifier)
    const imported = await import(specifier)
    for (const [name, value] of Object.entries(imported)) {
      if (required[name] !== value) throw new Error(`${specifier} has two different exports named ${name}`)
    }
  }
  console.log(`${process.version} requires ${specifiers.join(', ')}`)
}

void main()
