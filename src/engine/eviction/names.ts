/** The names of the eviction policies, for those who need no more of them than that. */
export { EVICTIONS, type EvictionName } from '../../../native-layout/eviction-state.ts'
