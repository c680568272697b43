/**
 * docs/configuration.md, made from the option table: `npm run docs:options` writes it, and a test
 * compares. Nobody edits the file, and nobody has to remember it when a row is added.
 */
import type { Allowed, Flag } from './flag.ts'
import { environmentName, FLAG_GROUPS, FLAGS } from './flags.ts'

const HEAD = `# Configuration

Every setting of \`heddle serve\`. Made from the option table (\`src/cli/table/\`) by
\`npm run docs:options\`; edits here are lost.

A setting is said in one of three places; the first of them that says it counts:

1. a **flag**: \`--max-connections 200\`, or \`-c 200\` where there is a short name (memcached's
   own, with its meaning);
2. a **variable**: \`HEDDLE_MAX_CONNECTIONS=200\`. An empty one counts as not set. Switches take
   1, true, yes, on and their opposites;
3. the **file** that \`--config\` or \`HEDDLE_CONFIG\` names: one JSON object, comments allowed.

\`\`\`
{
  // a quarter of the machine
  "memory": "256mb",
  "redis-port": 6379,
  "no-flush": true,
}
\`\`\`

A name that is no setting is refused in flags and in the file, with the closest that there is; a
variable \`HEDDLE_...\` that is none gets a line on stderr. A value that is not allowed is one line:
where it was said (the flag, the variable, the file and its line), the value, and what is allowed.
\`heddle serve --print-config\` checks everything without serving and prints each setting with its
source, in the form of a file that \`--config\` takes. No setting is a secret: passwords and keys
are in files, of which it prints the paths.

Sizes are bytes, or text with \`b\`, \`kb\`, \`mb\`, \`gb\` (powers of 1024). The option is that of
\`serve\` or \`createEngine\` in a program.
`

/** The whole text. */
export function configurationReference(): string {
  const groups = FLAG_GROUPS.map(({ title, flags }) => {
    const sections = flags.map(sectionOf).join('\n')
    return `\n## ${title}\n\n${sections}`
  })
  return `${HEAD}\n## All of them\n\n${table()}${groups.join('')}`
}

function table(): string {
  const rows = FLAGS.map((flag) => {
    const cells = [`[\`${flag.name}\`](#${flag.name})`, shortOf(flag)]
    return `| ${[...cells, standardOf(flag), allowedOf(flag)].join(' | ')} |\n`
  })
  return `| setting | short | default | allowed |\n|---|---|---|---|\n${rows.join('')}`
}

function shortOf({ short }: Flag): string {
  return short === undefined ? '' : `\`-${short}\``
}

function sectionOf(flag: Flag): string {
  const { name, value, option, more } = flag
  const long = `\`--${name}${value === undefined ? '' : ` ${value}`}\``
  const facts = [`- flag ${[long, shortOf(flag)].filter((form) => form !== '').join(', ')}`]
  if (flag.only !== 'flag') facts.push(`- variable \`${environmentName(flag)}\``)
  if (flag.only === undefined) facts.push(`- in the file \`"${name}"\``)
  if (option !== undefined) facts.push(`- option \`${option.split('.')[1]}\` of ${ownerOf(flag)}`)
  facts.push(`- default: ${standardOf(flag)}`, `- allowed: ${allowedOf(flag)}`)
  const text = `${sentence(flag.help)}.${more === undefined ? '' : ` ${more}`}`
  return `### ${name}\n\n${text}\n\n${facts.join('\n')}\n`
}

function ownerOf({ option }: Flag): string {
  return option!.startsWith('serve.') ? '`serve`' : '`createEngine`'
}

function standardOf({ standard }: Flag): string {
  if (standard === undefined) return 'none'
  return `\`${String(standard)}\``
}

function allowedOf({ allowed, value }: Flag): string {
  if (allowed !== undefined) return allowedText(allowed)
  return value === undefined ? '`true` or `false`' : 'text'
}

function allowedText(allowed: Allowed): string {
  if ('text' in allowed) return allowed.text
  const words = (allowed.words ?? []).map((word) => `\`${word}\``)
  if (!('least' in allowed)) return words.join(', ')
  const range = `whole numbers from ${allowed.least} to ${allowed.most}`
  return [range, ...words].join(', or ')
}

function sentence(help: string): string {
  return help.charAt(0).toUpperCase() + help.slice(1)
}
