/** A leash ends a process when the test process that started it dies, in whatever way it dies. */
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

// Hooks on `exit` do not run when a test worker is killed; the end of a pipe is noticed always. The shell reads from a
// pipe that only this process can write to: a line lets the server go, the end of the pipe ends the server.
// The pause lets a server that was just writing die before its directory goes.
const script = 'read -r released || { kill -KILL "$1"; sleep 0.1; rm -rf "$2"; }'

/** Ties the process `pid` and its directory to this process. Call the answer once the process has ended by itself. */
export function leash(pid: number, dir: string): () => void {
  // Detached, since an interrupt from the keyboard goes to the whole group and must not end the watchman first.
  const watchman = spawn('sh', ['-c', script, 'leash', String(pid), dir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watchman.unref()
  const pipe = watchman.stdin as Socket
  pipe.unref()
  pipe.on('error', () => {})
  return () => {
    pipe.end('released\n')
  }
}
