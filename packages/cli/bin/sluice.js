#!/usr/bin/env node
/** The command `sluice`. What it does is in `main.ts`. */
import { main } from '@sluice/cli'

process.exitCode = await main(process.argv.slice(2), process)
