import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { groupCommit, type Waiting } from './group-commit.ts'

type Sent = readonly Waiting<string, string>[]

/** Groups whose answers come when the test says so. */
function groups(mostInGroup = 64, mayOverlap = true, connected: (deadlineMs: number) => Promise<void> | undefined = () => undefined) {
  const sent: { readonly questions: string[]; answer(): void }[] = []
  const idle = vi.fn()
  const send = (group: Sent): Promise<void> =>
    new Promise((done) => {
      const answer = (): void => {
        for (const { question, resolve } of group) resolve(question.toUpperCase())
        done()
      }
      sent.push({ questions: group.map(({ question }) => question), answer })
    })
  return {
    ...groupCommit({
      countInOneGroup: ({ length }) => Math.min(length, mostInGroup),
      connected,
      send,
      mayOverlap: () => mayOverlap,
      onIdle: idle,
    }),
    sent,
    idle,
  }
}

const later = (): number => performance.now() + 10_000

test('a call is sent at once where none is in flight', () => {
  const { ask, sent } = groups()
  void ask('a', later())
  expect(sent.map(({ questions }) => questions)).toEqual([['a']])
})

test('calls that come meanwhile wait, and go together in their order', async () => {
  const { ask, sent, idle } = groups()
  const answers = ['a', 'b', 'c'].map((question) => ask(question, later()))
  sent[0]!.answer()
  await expect.poll(() => sent.map(({ questions }) => questions)).toEqual([['a'], ['b', 'c']])
  expect(idle).not.toHaveBeenCalled()
  sent[1]!.answer()
  expect(await Promise.all(answers)).toEqual(['A', 'B', 'C'])
  await expect.poll(() => idle.mock.calls.length).toBe(1)
})

test('no more go together than may', async () => {
  const { ask, sent } = groups(2)
  for (const question of ['a', 'b', 'c', 'd']) void ask(question, later())
  sent[0]!.answer()
  await expect.poll(() => sent.length).toBe(2)
  sent[1]!.answer()
  await expect.poll(() => sent.map(({ questions }) => questions)).toEqual([['a'], ['b', 'c'], ['d']])
})

const many = Array.from('abcdefghijkl')

test('many that wait go while the first request is in flight', () => {
  const { ask, sent } = groups()
  for (const question of many) void ask(question, later())
  expect(sent.map(({ questions }) => questions)).toEqual([['a'], many.slice(1, 9)])
})

test('they wait for it where the order would be in doubt', async () => {
  const { ask, sent } = groups(64, false)
  for (const question of many) void ask(question, later())
  expect(sent).toHaveLength(1)
  sent[0]!.answer()
  await expect.poll(() => sent.map(({ questions }) => questions)).toEqual([['a'], many.slice(1)])
})

test('waiting calls can be sent at once, so that later calls come after them', async () => {
  const { ask, flush, sent, idle } = groups(2)
  for (const question of ['a', 'b', 'c', 'd']) void ask(question, later())
  flush()
  expect(sent.map(({ questions }) => questions)).toEqual([['a'], ['b', 'c'], ['d']])
  for (const { answer } of sent) answer()
  await expect.poll(() => idle.mock.calls.length).toBe(1)
})

test('what its caller waits for no longer is not sent', async () => {
  const { ask, sent } = groups()
  void ask('a', later())
  const late = ask('b', performance.now() + 5)
  await sleep(20)
  sent[0]!.answer()
  await expect(late).rejects.toMatchObject({ code: 'SLUICE_STORE_UNSENT' })
  expect(sent).toHaveLength(1)
})

test('calls that wait for a connection go together once it is there', async () => {
  let connect: (() => void) | undefined
  const connecting = new Promise<void>((done) => (connect = done))
  const { ask, sent } = groups(64, true, () => (connect === undefined ? undefined : connecting))
  for (const question of many) void ask(question, later())
  expect(sent).toEqual([])
  connect!()
  connect = undefined
  await expect.poll(() => sent.map(({ questions }) => questions)).toEqual([many])
})

test('calls that wait for a connection in vain fail with its error, each at its own time', async () => {
  const failing = async (deadlineMs: number): Promise<void> => {
    await sleep(deadlineMs - performance.now())
    throw new Error('connection refused')
  }
  const { ask, sent, idle } = groups(64, true, failing)
  const start = performance.now()
  const failures = await Promise.allSettled([20, 20, 60].map((ms) => ask('a', start + ms)))
  expect(failures).toMatchObject(Array(3).fill({ status: 'rejected', reason: { message: 'connection refused' } }))
  expect(sent).toEqual([])
  expect(idle).toHaveBeenCalledTimes(1)
})
