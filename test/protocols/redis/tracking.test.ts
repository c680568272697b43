/** CLIENT TRACKING and CONFIG SET notify-keyspace-events: what is refused and what is shown. */
import { table, withRedis } from './table.ts'

withRedis()

const OFF = '$5\nflags\n*1\n$3\noff\n$8\nredirect\n:-1\n$8\nprefixes\n*0'

function info(flags: readonly string[], prefixes: readonly string[] = []): [string, string] {
  const bulk = (text: string): string => `\n$${text.length}\n${text}`
  const of = (map: string, set: string): string =>
    `${map}${bulk('flags')}\n${set}${flags.length}${flags.map(bulk).join('')}` +
    `${bulk('redirect')}\n:0${bulk('prefixes')}\n*${prefixes.length}${prefixes.map(bulk).join('')}`
  return [of('*6', '*'), of('%3', '~')]
}
const OTHER_MODE =
  'before disabling tracking for this client, and then re-enabling it with a different mode.'
const OVERLAP = 'Prefixes for a single client must not overlap.'

table('CLIENT TRACKING', [
  ['CLIENT TRACKING', "-ERR wrong number of arguments for 'client|tracking' command"],
  ['CLIENT TRACKING x', '-ERR syntax error'],
  ['CLIENT TRACKING on foo', '-ERR syntax error'],
  ['CLIENT TRACKING on REDIRECT', '-ERR syntax error'],
  ['CLIENT TRACKING on PREFIX', '-ERR syntax error'],
  ['CLIENT TRACKING off foo', '-ERR syntax error'],
  ['CLIENT TRACKING on REDIRECT x', '-ERR value is not an integer or out of range'],
  ['CLIENT TRACKING on REDIRECT 0', '-ERR The client ID you want redirect to does not exist'],
  ['CLIENT TRACKING on REDIRECT 999999', '-ERR The client ID you want redirect to does not exist'],
  ['CLIENT TRACKING on PREFIX a', '-ERR PREFIX option requires BCAST mode to be enabled'],
  ['CLIENT TRACKING on BCAST OPTIN', '-ERR OPTIN and OPTOUT are not compatible with BCAST'],
  ['CLIENT TRACKING on OPTIN OPTOUT', "-ERR You can't specify both OPTIN mode and OPTOUT mode"],
  [
    'CLIENT TRACKING on BCAST PREFIX a PREFIX ab',
    `-ERR Prefix 'a' overlaps with another provided prefix 'ab'. ${OVERLAP}`,
  ],
  ['CLIENT TRACKINGINFO', `*6\n${OFF}`, `%3\n${OFF.replace('*1', '~1')}`],
  ['CLIENT GETREDIR', ':-1'],
  ['CLIENT TRACKING on BCAST PREFIX a', '+OK'],
  ['CLIENT TRACKING on BCAST PREFIX b', '+OK'],
  [
    'CLIENT TRACKING on BCAST PREFIX bc',
    `-ERR Prefix 'bc' overlaps with an existing prefix 'b'. ${OVERLAP}`,
  ],
  ['CLIENT TRACKINGINFO', ...info(['on', 'bcast'], ['a', 'b'])],
  ['CLIENT TRACKING on', `-ERR You can't switch BCAST mode on/off ${OTHER_MODE}`],
  ['CLIENT TRACKING off', '+OK'],
  ['CLIENT TRACKING on BCAST', '+OK'],
  ['CLIENT TRACKINGINFO', ...info(['on', 'bcast'], [''])],
  ['CLIENT INFO', / flags=tBU? .* redir=0 resp=/],
  ['CLIENT TRACKING off', '+OK'],
  ['CLIENT INFO', / flags=[NU] .* redir=-1 resp=/],
])

const NOT_TRACKING =
  '-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
  'OPTOUT mode enabled'
const NO_OPTIN = '-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.'
const NO_OPTOUT = '-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.'

table('CLIENT CACHING', [
  ['CLIENT CACHING yes', NOT_TRACKING],
  ['CLIENT TRACKING on', '+OK'],
  ['CLIENT CACHING yes', NO_OPTIN],
  ['CLIENT CACHING no', NO_OPTOUT],
  ['CLIENT CACHING x', '-ERR syntax error'],
  ['CLIENT TRACKING on OPTIN', '+OK'],
  ['CLIENT TRACKING on OPTOUT', `-ERR You can't switch OPTIN/OPTOUT mode ${OTHER_MODE}`],
  ['CLIENT CACHING no', NO_OPTOUT],
  ['CLIENT CACHING yes', '+OK'],
  ['CLIENT TRACKINGINFO', ...info(['on', 'optin', 'caching-yes'])],
  ['CLIENT TRACKINGINFO', ...info(['on', 'optin', 'caching-yes'])],
  ['GET a', '$-1', '_'],
  ['CLIENT TRACKINGINFO', ...info(['on', 'optin'])],
  ['CLIENT CACHING yes', '+OK'],
  ['MULTI', '+OK'],
  ['GET a', '+QUEUED'],
  ['CLIENT TRACKINGINFO', '+QUEUED'],
  ['EXEC', /caching-yes/],
  ['CLIENT TRACKINGINFO', /optin\n(?![\s\S]*caching)/],
  ['CLIENT TRACKING off', '+OK'],
  ['CLIENT TRACKING on OPTOUT NOLOOP', '+OK'],
  ['CLIENT CACHING no', '+OK'],
  ['CLIENT TRACKINGINFO', ...info(['on', 'optout', 'caching-no', 'noloop'])],
  ['CLIENT TRACKING on NOLOOP', '+OK'],
  ['CLIENT TRACKINGINFO', ...info(['on', 'noloop'])],
  ['RESET', '+RESET'],
  ['CLIENT TRACKINGINFO', `*6\n${OFF}`],
])

const EVENTS = 'notify-keyspace-events'
const shown = (letters: string): [string, string] => {
  const pair = `2\n$22\n${EVENTS}\n$${letters.length}\n${letters}`
  return [`*${pair}`, `%1${pair.slice(1)}`]
}
const FAILED = `-ERR CONFIG SET failed (possibly related to argument '${EVENTS}') -`

table('CONFIG SET notify-keyspace-events', [
  [`CONFIG SET ${EVENTS} KEA`, '+OK'],
  [`CONFIG GET ${EVENTS}`, ...shown('AKE')],
  [`CONFIG SET ${EVENTS} Kg$lshzxetdmnE`, '+OK'],
  [`CONFIG GET ${EVENTS}`, ...shown('AKEm')],
  [`CONFIG SET ${EVENTS} Ex`, '+OK'],
  [`CONFIG GET ${EVENTS}`, ...shown('xE')],
  [`CONFIG SET ${EVENTS} q`, `${FAILED} Invalid event class character. Use 'Ag$lshzxeKEtmdn'.`],
  [`CONFIG GET ${EVENTS}`, ...shown('xE')],
  [`CONFIG SET ${EVENTS} ntdmK`, '+OK'],
  [`CONFIG GET ${EVENTS}`, ...shown('tdnKm')],
  [`CONFIG SET ${EVENTS} ""`, '+OK'],
  [`CONFIG GET ${EVENTS}`, ...shown('')],
])

table('CONFIG SET tracking-table-max-keys', [
  ['CONFIG SET tracking-table-max-keys 7', '+OK'],
  ['CONFIG GET tracking-table-max-keys', /\n7$/],
  ['CONFIG SET tracking-table-max-keys x', /argument couldn't be parsed into an integer$/],
  ['CONFIG SET tracking-table-max-keys -1', /argument must be between 0 and \d+ inclusive$/],
  ['CONFIG SET tracking-table-max-keys 0', '+OK'],
])
