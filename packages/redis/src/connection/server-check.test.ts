/** What the check asks for, and what the README grants, against the commands in the sources. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scripts } from '../wire/scripts.generated.ts'
import { evaluation, neededCommands } from './server-check.ts'

const source = join(import.meta.dirname, '..')
const readme = readFileSync(join(source, '../README.md'), 'utf8')

/** All matches of the first group, sorted, each once. */
function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1]!))].sort()
}

/** The commands in a list of the check. */
function names(lines: readonly string[]): string[] {
  return lines.map((line) => line.split(' ', 1)[0]!).sort()
}

const lua = Object.values(scripts)
  .map((script) => script.source)
  .join('\n')
const byScripts = found(lua, /\bredis\.p?call\('([A-Z]+)'/g)

/** Have permissions that the README names apart. */
const beside = [join('admin', 'redis-history.ts'), join('admin', 'redis-live.ts')] as const

/** The commands of our own client code: by name, and by the methods of a client. */
function byClient(): { readonly named: string[]; readonly scripts: string[]; readonly methods: string[] } {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /^(?!.*\.(?:test|generated)\.ts$).*\.ts$/.test(name) && !beside.some((own) => own === name),
  )
  const text = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n')
  return {
    named: found(text, /\b(?:send|command)\(\[?'([A-Z]+(?:', '(?:SETNAME|SLOTS))?)'/g).map((name) => name.replace("', '", ' ')),
    scripts: found(text, /\bevaluate\('([a-z]+)'/g),
    methods: found(text, /\b(?:own|client|connection|node)\.(client\('[A-Z]+'|[a-z]+(?=\())/g).filter((name) => !known.has(name)),
  }
}
/** Methods of clients that send no command, and of our own objects under such names. */
const known = new Set([
  'call',
  'close',
  'command',
  'connect',
  'connected',
  'destroy',
  'dial',
  'disconnect',
  'duplicate',
  'end',
  'evaluate',
  'fail',
  'failure',
  'nodes',
  'off',
  'on',
  'once',
  'probe',
  'progress',
  'reach',
  'read',
  'run',
  'send',
  'unref',
])

test('every command in a script is written out', () => {
  expect(found(lua, /\bredis\b(?!\.p?call\('[A-Z]+')(.{0,16})/g)).toEqual(['.REDIS_VERSION o', '.acl_check_cmd'])
})

test('the check asks for each command that the scripts use, and for no other', () => {
  expect(names(neededCommands)).toEqual(byScripts)
})

test('the client code sends these commands beside the scripts', () => {
  const { named, scripts: evaluated, methods } = byClient()
  expect(named).toEqual(['ASKING', 'CLIENT SETNAME', 'CLUSTER SLOTS', 'GET', 'INFO'])
  expect(evaluated).toEqual(['eval', 'evalsha'])
  expect(methods).toEqual(["client('SETNAME'", 'ping', 'quit'])
})

test('the README grants what scripts and client code use, and no more', () => {
  const granted = /^ACL SETUSER .+$/m.exec(readme)![0].match(/(?<= \+)\S+/g)!
  // PING is sent to the nodes of a Cluster alone. QUIT needs no permission, and INFO may be forbidden.
  const used = [...byScripts, ...names(evaluation)].map((name) => name.toLowerCase())
  expect(granted.sort()).toEqual([...used, 'client|setname'].sort())
  expect(readme).toMatch(/A Cluster needs `\+asking \+cluster\|slots \+ping` as well/)
  expect(readme).toMatch(/`INFO` is never needed/)
})

test.each([
  ['history', beside[0], '`redisHistory` needs', '~sluice:history:*'],
  ['live view', beside[1], '`redisLive` needs', '~sluice:live:*'],
])('the README names what the %s needs', (_what, file, begin, keys) => {
  const text = readFileSync(join(source, file), 'utf8')
  const used = found(text, /\bsend\('([A-Z]+)'/g).map((name) => `+${name.toLowerCase()}`)
  expect(readme).toContain(`${begin} \`${used.join(' ')}\` on \`${keys}\``)
})
