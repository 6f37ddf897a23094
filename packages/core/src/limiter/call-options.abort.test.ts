import { describe, expect, test, vi } from 'vitest'
import { deferred } from '../testing/deferred.ts'
import { abortable, throwIfAborted } from './call-options.ts'

const aborted = expect.objectContaining({ code: 'SLUICE_ABORTED', cause: 'gone' })

test('throws once the signal has been given, with its reason', () => {
  const controller = new AbortController()
  expect(() => throwIfAborted(undefined)).not.toThrow()
  expect(() => throwIfAborted(controller.signal)).not.toThrow()
  controller.abort('gone')
  expect(() => throwIfAborted(controller.signal)).toThrow(aborted)
})

describe('an answer that may be given up', () => {
  test('comes where it is not given up', async () => {
    const late = vi.fn()
    expect(await abortable(Promise.resolve(7), new AbortController().signal, late)).toBe(7)
    await expect(abortable(Promise.reject(new Error('lost')), new AbortController().signal, late)).rejects.toThrow('lost')
    expect(late).not.toHaveBeenCalled()
  })

  test('is given up with the signal, and what still comes is handed over', async () => {
    const controller = new AbortController()
    const late = vi.fn()
    const { promise, resolve } = deferred<number>()
    const answer = abortable(promise, controller.signal, late)
    controller.abort('gone')
    await expect(answer).rejects.toThrow(aborted)
    expect(late).not.toHaveBeenCalled()
    resolve(7)
    await promise
    await Promise.resolve()
    expect(late).toHaveBeenCalledExactlyOnceWith(7)
  })

  test('that fails after it was given up disturbs no caller', async () => {
    const controller = new AbortController()
    const { promise, reject } = deferred<number>()
    const answer = abortable(promise, controller.signal, () => undefined)
    controller.abort('gone')
    reject(new Error('lost'))
    await expect(answer).rejects.toThrow(aborted)
  })

  test('stops listening to the signal when it is there', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    await abortable(Promise.resolve(7), signal, () => undefined)
    await new Promise(setImmediate)
    expect(removed).toHaveBeenCalledExactlyOnceWith('abort', expect.any(Function))
  })
})
