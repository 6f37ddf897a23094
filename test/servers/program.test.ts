import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needProgram, ProgramMissingError } from './program.ts'

const need = { program: 'sluice-test-program', debianPackages: ['sluice-a', 'sluice-b'], hint: 'On macOS: brew install it.' }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-program-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function script(name: string, ...lines: string[]): Promise<void> {
  await writeFile(join(folder, name), ['#!/bin/sh', ...lines].join('\n'))
  await chmod(join(folder, name), 0o755)
}

test('finds a program on PATH', async () => {
  await script(need.program)
  const path = ['/nowhere', folder].join(delimiter)
  await expect(needProgram(need, { path })).resolves.toBe(join(folder, need.program))
})

test('finds a program by its whole path, and installs no other in its place', async () => {
  await script(need.program)
  const program = join(folder, need.program)
  await expect(needProgram({ ...need, program }, { path: '/nowhere' })).resolves.toBe(program)
  const other = { ...need, program: join(folder, 'other') }
  await expect(needProgram(other, { path: folder, mayInstall: false })).rejects.toThrow(`Tests need ${other.program}, which is not there.`)
})

test('passes over a file that is not executable', async () => {
  await writeFile(join(folder, need.program), '')
  await expect(needProgram(need, { path: folder, mayInstall: false })).rejects.toThrow(ProgramMissingError)
})

test('says how to get a program that it may not install', async () => {
  await expect(needProgram(need, { path: folder, mayInstall: false })).rejects.toThrow(
    'Tests need sluice-test-program, which is not on PATH. On Debian: apt-get install sluice-a sluice-b. On macOS: brew install it.',
  )
})

test('installs once for workers that ask at the same time', async () => {
  const path = [folder, process.env.PATH].join(delimiter)
  await script(
    'apt-get',
    `echo "$DEBIAN_FRONTEND $*" >>${folder}/log`,
    `[ "$1" = update ] || { sleep 0.1; cp "$0" ${folder}/${need.program}; }`,
  )
  const workers = Array.from({ length: 4 }, () => needProgram(need, { path, mayInstall: true }))
  await expect(Promise.all(workers)).resolves.toEqual(Array(4).fill(join(folder, need.program)))
  await expect(readFile(join(folder, 'log'), 'utf8')).resolves.toMatch(
    /^noninteractive update .*\nnoninteractive install .*--no-install-recommends .* sluice-a sluice-b\n$/,
  )
})

test('names what went wrong when an installation fails', async () => {
  const path = [folder, process.env.PATH].join(delimiter)
  await script('apt-get', 'echo E: Unable to locate package >&2', 'exit 100')
  const error = await needProgram(need, { path, mayInstall: true }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ProgramMissingError)
  expect((error as Error).cause).toHaveProperty('message', expect.stringContaining('Unable to locate package'))
})
