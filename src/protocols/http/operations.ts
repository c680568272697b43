/** What the operations in /openapi.json have in common. */

const PROBLEM_MEANINGS: Readonly<Record<number, string>> = {
  400: 'Something in the request is malformed; the detail names it',
  404: 'There is no such entry',
  409: 'The value is no number',
  411: 'There is no Content-Length',
  412: 'A condition is not met',
  413: 'The body, or the value, is too large',
  414: 'The key is too long',
  415: 'The body is of a type that is not understood',
  416: 'The range lies outside of the value',
  503: 'Not now: Retry-After says when to try again',
  507: 'There is no room',
}

export const KEY_PARAMETER = {
  name: 'key',
  in: 'path',
  required: true,
  description: 'Any bytes, percent-encoded; a slash is %2F',
  schema: { type: 'string' },
}

export const SPACE_PARAMETER = {
  name: 'space',
  in: 'query',
  description: 'The namespace; left out: the one that all protocols share',
  schema: { type: 'string', minLength: 1 },
}

export const CONDITION_PARAMETERS = [
  { name: 'If-Match', in: 'header', schema: { type: 'string' }, description: 'Tags, or *' },
  { name: 'If-None-Match', in: 'header', schema: { type: 'string' }, description: 'Tags, or *' },
]

export const ETAG_HEADER = {
  ETag: { description: 'The version of the entry', schema: { type: 'string' } },
}

/** Responses with problem details. */
export function problems(...statuses: readonly number[]): Record<string, object> {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]),
  )
}

/** The components that `problems` refers to, and those that every operation may answer with. */
export function problemResponses(): Record<string, object> {
  const content = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  }
  return Object.fromEntries(
    Object.entries({ ...PROBLEM_MEANINGS, default: 'Anything else' }).map(
      ([status, description]) => [status, { description, content }],
    ),
  )
}
