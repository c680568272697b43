/** The time of a part of a fuzzing run. */

/** Counts so many seconds. */
export function clock(seconds: number): { isOver(): boolean; seconds(): number } {
  const begun = performance.now()
  const passed = () => (performance.now() - begun) / 1000
  return { isOver: () => passed() > seconds, seconds: () => Math.round(passed() * 10) / 10 }
}
