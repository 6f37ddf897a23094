/** Throttles when `workerd test` asks it to, where a program is an object with handlers. */
import { throttle } from './throttling.mjs'

export default { test: throttle }
