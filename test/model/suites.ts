/** All models of the protocol, with their programs and broken twins. */
import { makeSuite, type Suite } from './checker/suite.ts'
import { leaseSpecification, makeLease } from './lease/adopt.ts'
import { LEASE_PROGRAMS, LEASE_VARIANTS } from './lease/programs.ts'
import { makePages, pageSpecification } from './pages/pages.ts'
import { PAGE_PROGRAMS } from './pages/programs.ts'
import { PAGE_VARIANTS } from './pages/variants.ts'
import { TABLE_PROGRAMS } from './table/programs.ts'
import { makeTable, tableSpecification } from './table/table.ts'
import { TABLE_VARIANTS } from './table/variants.ts'

export const SUITES: readonly Suite[] = [
  makeSuite(
    'table',
    TABLE_PROGRAMS,
    TABLE_VARIANTS,
    ['find.depth'],
    (program) => tableSpecification(program.spaces),
    makeTable,
  ),
  makeSuite(
    'pages',
    PAGE_PROGRAMS,
    PAGE_VARIANTS,
    ['refill.early'],
    () => pageSpecification,
    makePages,
  ),
  makeSuite(
    'lease',
    LEASE_PROGRAMS,
    LEASE_VARIANTS,
    ['attach.thread', 'notice.thread'],
    () => leaseSpecification,
    makeLease,
  ),
]
