/**
 * Every limit of the memory layout, in one place, with its reason.
 *
 * Nothing here depends on options: options choose within these limits.
 */
import { GIB, KIB, MIB } from './units.ts'

/** Smallest and largest memory of one engine. */
export const MIN_MEMORY_BYTES = 2 * MIB
export const MAX_MEMORY_BYTES = 64 * GIB

/** Above 1 GiB `Buffer` methods go wrong on Node 22 and 24, and indices leave small integers. */
/** Left free of each segment, so that its memory can begin with a cache line. */
export const LEAD_BYTES = 64
export const MAX_SEGMENT_BYTES = GIB
export const MIN_SEGMENT_BYTES = 64 * KIB

/** A key's length is kept in 16 bits where it does not fit the short form. */
export const MAX_KEY_BYTES = 65_535
/** The largest `maxItemSize`. */
export const MAX_ITEM_BYTES = 128 * MIB

/** The home word names a row in 7 bits; 0 means none: 126 rows and one value in reserve. */
export const MAX_THREADS = 126
/** Namespaces beside the default one. */
export const MAX_NAMESPACES = 1024

/** Pages are between these sizes: about 512 of them in a small cache, at most 65,536 in all. */
export const MIN_PAGE_BYTES = 16 * KIB
export const MAX_PAGE_BYTES = MIB
/** Smallest chunk: a header, and 16 bytes of key and value. */
export const MIN_CHUNK_BYTES = 32
/** The largest chunk is this fraction of its page; longer values take several chunks. */
export const CHUNKS_PER_PAGE_MIN = 8
/** Size classes fit a byte, with 255 for none. */
export const MAX_CLASSES = 128

/** Slots a bucket holds, and the buckets a key may live in: its home and three more. */
export const WAYS = 15
export const CANDIDATES = 4
/** A candidate with fewer empty slots than this is passed over while a later one has more. */
export const ROOMY_EMPTIES = 2
/** Share of the slots that the planned number of entries fills. */
export const PLANNED_LOAD = 0.65

/** Version counters, striped by home bucket. */
export const VERSION_STRIPES = 64

/** A scan, a read or a conditional update starts over this often, then reports CONTENDED. */
export const MAX_RETRIES = 10_000
