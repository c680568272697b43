/**
 * Matrix suite: what does a request cost each server, as depth, connections, value size, mix, skew,
 * number of keys, transport and protocol change? One axis is walked at a time from a base point
 * (matrix/axes.ts); `--axis=depth,values` walks some of them in full.
 */
import { LoadPool } from '../../src/load/pool.ts'
import { makeCertificate } from '../clients/secure-server.ts'
import { busyNote } from '../load/busy-note.ts'
import { takeCores } from '../load/cores.ts'
import { matrixSizes } from '../matrix/axes.ts'
import { matrixReport, toolsReport } from '../matrix/report.ts'
import { playMatrix, Stable } from '../matrix/stage.ts'
import type { MatrixStage } from '../matrix/stage.ts'
import { playTools } from '../matrix/tools.ts'
import type { SuiteResult } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const THREADS = 1

export async function runMatrix(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = matrixSizes(options.form, options.axes)
  const busy = busyNote(options)
  const cores = takeCores()
  const certificate = makeCertificate()
  const pool = new LoadPool(THREADS)
  const stage: MatrixStage = { pool, sizes, cores, certificate, options, progress }
  const stable = new Stable(stage)
  try {
    const points = matrixReport(await playMatrix(stage, stable), options)
    const tools = await playTools(stage, stable)
    const toolsPiece = toolsReport(tools.found, options)
    return {
      part: 'matrix',
      ...(options.axes && { form: formOf(options) }),
      about: [
        `${sizes.rounds} rounds of ${sizes.seconds} s of each server at each point, interleaved; ` +
          'every reply of the own generator is checked byte by byte.',
        cores.note,
        ...[...busy, ...points.about, ...stable.absent, ...toolsPiece.about, ...tools.absent],
      ],
      measurements: [...points.measurements, ...toolsPiece.measurements],
      tables: [...points.tables, ...toolsPiece.tables],
      charts: points.charts,
    }
  } finally {
    await stable.stopAll()
    await pool.close()
    certificate?.remove()
    cores.release()
  }
}

/** Some axes by themselves do not write over what all of them found. */
function formOf({ axes = [], form }: RunOptions): string {
  return [...axes, ...(form === 'default' ? [] : [form])].join('-')
}
