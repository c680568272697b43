/**
 * A response for a connection that nobody will serve, for the thread that accepts: without
 * node:http, which that thread need not load.
 */

/** @param detail as in problem details, in plain ASCII */
export function unavailable(detail: string): string {
  const body = `${JSON.stringify({ title: 'Service Unavailable', status: 503, detail })}\n`
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    'Retry-After: 1',
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
