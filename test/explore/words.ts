/** The seam of '#words' under the Node condition `explore`: the server's hand-off of work. */
export * from '../../src/server/words.ts'
