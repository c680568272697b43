/** The version of this package, for `version`, `stats` and `--version`: a test compares the two. */
export const VERSION = '0.1.0'
