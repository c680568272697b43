/** What the near suite and its processes say to each other. */
export type NearSubject = 'Map' | 'lru-cache' | 'heddle near' | 'heddle'
export type ValueKind = 'string' | 'object'
export type KeyKind = 'new key' | 'reused key'

/** Which keys are asked for. */
export interface HotScene {
  readonly label: string
  /** Hot keys among all. */
  readonly hot: number
  /** Exponent of Zipf's law over them; 0: all alike. */
  readonly skew: number
}

export interface NearOrder {
  readonly subjects: readonly NearSubject[]
  readonly values: ValueKind
  readonly scene: HotScene
  readonly keys: number
  readonly rounds: number
  readonly ms: number
  readonly seed: number
}

/** One subject, one scene, one kind of key. */
export interface NearCell {
  readonly subject: NearSubject
  readonly scene: string
  readonly key: KeyKind
  /** Processor time of an operation, ns, for each round. */
  readonly ns: readonly number[]
  readonly bytesPerOperation: number
  readonly checksum: string
}
