/** The npm client `memjs` brings no types: what the tests use of it. */
declare module 'memjs' {
  interface Options {
    readonly expires?: number
    readonly initial?: number
  }
  export interface Client {
    get(key: string): Promise<{ value: Buffer | null; flags: Buffer | null }>
    set(key: string, value: string | Buffer, options: Options): Promise<boolean>
    add(key: string, value: string, options: Options): Promise<boolean>
    replace(key: string, value: string, options: Options): Promise<boolean>
    delete(key: string): Promise<boolean>
    increment(key: string, by: number, options: Options): Promise<{ value: number }>
    decrement(key: string, by: number, options: Options): Promise<{ value: number }>
    append(key: string, value: string): Promise<boolean>
    prepend(key: string, value: string): Promise<boolean>
    touch(key: string, expires: number): Promise<boolean>
    flush(): Promise<Record<string, boolean>>
    stats(callback: (error: unknown, server: string, stats: Record<string, string>) => void): void
    close(): void
  }
  export const Client: {
    create(server: string, options?: Readonly<Record<string, unknown>>): Client
  }
}
