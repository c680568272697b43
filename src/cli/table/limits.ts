/** The option table: what bounds a client, beside connections in total and idle time. */
import { formatSize } from '../../engine/sizes.ts'
import {
  LEAST_BUFFER,
  LEAST_REQUEST,
  MAX_LIMIT_SECONDS,
  MAX_PER_ADDRESS,
  MOST_BUFFER,
  MOST_REQUEST,
} from '../../server/limits.ts'
import { type FlagGroup, numberOrText } from '../flag.ts'

const BUFFER = { text: `${formatSize(LEAST_BUFFER)} to ${formatSize(MOST_BUFFER)}` }
const SECONDS = { least: 0, most: MAX_LIMIT_SECONDS }

export const LIMITS: FlagGroup = {
  title: 'Limits of a client',
  flags: [
    {
      name: 'max-connections-per-address',
      value: 'N',
      help: 'clients of one address at one time (0: any number)',
      more: 'An IPv6 address counts by its first 64 bits. A proxy in front is one address.',
      option: 'serve.maxConnectionsPerAddress',
      standard: 0,
      allowed: { least: 0, most: MAX_PER_ADDRESS },
      read: numberOrText,
    },
    {
      name: 'max-request-size',
      value: 'SIZE',
      help: 'the largest request of a Redis client, all arguments (64mb)',
      more: 'At least two values of `max-item-size` fit, whatever this says.',
      option: 'serve.maxRequestSize',
      standard: '64mb',
      allowed: { text: `${formatSize(LEAST_REQUEST)} to ${formatSize(MOST_REQUEST)}` },
      read: numberOrText,
    },
    {
      name: 'input-buffer',
      value: 'SIZE',
      help: 'requests read ahead of their execution, of a client (256kb)',
      more: 'Then it is not read until half of it is done. With sockets it is one read of 64 KiB.',
      option: 'serve.inputBuffer',
      standard: '256kb',
      allowed: BUFFER,
      read: numberOrText,
    },
    {
      name: 'output-buffer',
      value: 'SIZE',
      help: 'replies that wait for a client; then its requests do (1mb)',
      option: 'serve.outputBuffer',
      standard: '1mb',
      allowed: BUFFER,
      read: numberOrText,
    },
    {
      name: 'stall-timeout',
      value: 'SECONDS',
      help: 'disconnect clients that take no reply for so long (300)',
      more: 'Only clients that have replies waiting; 0: never.',
      option: 'serve.stallTimeout',
      standard: 300,
      allowed: SECONDS,
      read: numberOrText,
    },
    {
      name: 'auth-timeout',
      value: 'SECONDS',
      help: 'to say who it is, where there are users (10; 0: any time)',
      option: 'serve.authTimeout',
      standard: 10,
      allowed: SECONDS,
      read: numberOrText,
    },
    {
      name: 'http-head-timeout',
      value: 'SECONDS',
      help: 'that the head of an HTTP request may take (10)',
      option: 'serve.httpHeadTimeout',
      standard: 10,
      allowed: { ...SECONDS, least: 1 },
      read: numberOrText,
    },
    {
      name: 'http-request-timeout',
      value: 'SECONDS',
      help: 'that an HTTP request may take, its body included (60)',
      option: 'serve.httpRequestTimeout',
      standard: 60,
      allowed: { ...SECONDS, least: 1 },
      read: numberOrText,
    },
  ],
}
