export interface Codec {
  encode(value: unknown): Uint8Array | string
  decode(bytes: Uint8Array<ArrayBuffer>): unknown
}
