/** Writes docs/configuration.md from the option table: `npm run docs:options`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationReference } from '../src/cli/reference.ts'

const file = join(import.meta.dirname, '../docs/configuration.md')
writeFileSync(file, configurationReference())
