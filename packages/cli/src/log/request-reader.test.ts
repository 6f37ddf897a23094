import { expect, test } from 'vitest'
import { requestReader } from './request-reader.ts'

const timeMs = Date.UTC(2026, 9, 10, 11, 55, 36)
const start = '203.0.113.7 - ann [10/Oct/2026:13:55:36 +0200] "GET /orders/17?page=2 HTTP/1.1" 200 5'
const ip = ['remote_addr']

test.each([
  ['the combined format', `${start} "-" "curl/8"`],
  ['the combined format of a file from Windows', `${start} "-" "curl/8"\r`],
  ['a field more than the combined format', `${start} "-" "curl/8" "ann"`],
  ['a quote inside of quotes, as Apache writes it', `${start} "-" "a \\" \\"b"`],
  ['the common format', start],
  [
    'JSON with the names of nginx',
    `{"remote_addr":"203.0.113.7","time_local":"10/Oct/2026:13:55:36 +0200","request":"GET /orders/17?page=2 HTTP/1.1"}`,
  ],
  [
    'JSON with a time in ISO 8601',
    `{"remote_addr":"203.0.113.7","time_iso8601":"2026-10-10T13:55:36+02:00","method":"GET","path":"/orders/18"}`,
  ],
  ['JSON with seconds', `{"remote_addr":"203.0.113.7","msec":"${timeMs / 1000}.000","request_method":"GET","request_uri":"/orders/1"}`],
  ['JSON with milliseconds in a nested object', `{"time":${timeMs},"remote_addr":"203.0.113.7","req":{"method":"GET","url":"/orders/5"}}`],
])('reads %s', (_name, line) => {
  expect(requestReader([ip])(line)).toEqual({ timeMs, route: 'GET /orders/:id', keys: ['203.0.113.7'] })
})

test('reads lines of JSON whose members differ from line to line', () => {
  const read = requestReader([['request.remote_ip']])
  expect(read('{"ts":1760097336.5,"request":{"remote_ip":"::1","method":"PUT","uri":"/a"}}')).toEqual({
    timeMs: 1760097336500,
    route: 'PUT /a',
    keys: ['::1'],
  })
  expect(read('{"time":"2026-10-10T11:55:36Z","path":"/b"}')).toEqual({ timeMs, route: ' /b', keys: [undefined] })
})

test('reads a format with further variables, and a key of two of them', () => {
  const format = '$remote_addr [$time_local] "$request" user=$http_x_user'
  const read = requestReader([['remote_addr', 'http_x_user'], ['http_x_user'], []], format)
  expect(read('::1 [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" user=ann')?.keys).toEqual([['::1', 'ann'], 'ann', []])
  expect(read('::1 [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" user=-')?.keys).toEqual([undefined, undefined, []])
})

test.each([
  ['nothing', ''],
  ['another text', 'Oct 10 sshd[17]: session opened'],
  ['half a line', start.slice(0, 40)],
  ['half an object', '{"remote_addr":"203.0'],
  ['no object', '[1]'],
  ['a time that is none', start.replace('Oct', 'Okt')],
  ['a time before 1970', start.replace('2026', '1926')],
])('takes %s for no request', (_name, line) => {
  expect(requestReader([ip])(line)).toBeUndefined()
})
