/** Writes docs/configuration.md from the option table: `npm run docs:options`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { configurationReference } from '../src/cli/reference.ts'
import { commandLine } from '../bench/command-line.ts'

const USAGE = `
npm run docs:options: writes docs/configuration.md from the option table, src/cli/table/

It takes no options.`

commandLine(USAGE, (args) => parseArgs({ args, options: {} }))
const file = join(import.meta.dirname, '../docs/configuration.md')
writeFileSync(file, configurationReference())
