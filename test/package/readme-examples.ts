/**
 * The programs in README.md, as they stand there. A fenced js or ts block that imports heddle is a
 * complete program; a first line such as `// worker.mjs` names its file, so that programs can refer
 * to each other, and one whose name contains "worker" is started by another, not by itself.
 */
const FENCED_BLOCK = /^```(js|ts)\n([\s\S]*?)^```$/gm
const FILE_NAME = /^\/\/ ([\w-]+\.[cm]?[jt]s)\b/

export interface Example {
  file: string
  text: string
  startedByAnother: boolean
}

export function examplesOf(markdown: string): Example[] {
  return [...markdown.matchAll(FENCED_BLOCK)]
    .map(([, language, text], index) => {
      const file = FILE_NAME.exec(text!)?.[1] ?? `example-${index + 1}.m${language}`
      return { file, text: text!, startedByAnother: /worker/i.test(file) }
    })
    .filter(({ text }) => text.includes(`'heddle'`))
}
