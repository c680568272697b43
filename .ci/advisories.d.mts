/** What the tests use of advisories.mjs, which is no TypeScript since any Node runs it. */
export function shippedPackages(lock: { readonly packages: object }): Set<string>
export function findings(report: unknown, shipped: ReadonlySet<string>): string[] | undefined
