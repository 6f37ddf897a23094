/** Throttles at once, where a program is a file that runs. */
import { throttle } from './throttling.mjs'

throttle()
