// What the bench and a generator of load say to each other.
import type { HistogramData } from './histogram.ts'
import type { Arrivals, Moment, Sent } from './tally.ts'
import type { Entrance } from './webhook.ts'

export type Order =
  | {
      type: 'open'
      /** Of this generator, among all calls of the run. */
      calls: number[]
      /** Of all generators. */
      total: number
      /** Sixteen hexadecimal digits, in the names of this run's calls. */
      run: string
      /** When the first frame of call 0 is due, for all generators. */
      epoch_us: number
      entrance: Entrance
    }
  /** Comes with the socket of a bridge to the model. */
  | { type: 'model'; open_after_ms: number }
  /** What is sent between these two counts into the durations. @param slice_ms and also into slices of time of its own */
  | { type: 'window'; begin_us: number; end_us: number; slice_ms: number | null }
  | { type: 'count' }
  /** The model's side says nothing any more. */
  | { type: 'halt' }
  /** The callers hang up. */
  | { type: 'hang_up' }
  | { type: 'report' }

/** The answer to `count`. */
export interface Counts {
  opened: number
  refused: number
  /** Model sessions that have heard their caller. */
  live: number
  frames_sent: number
  frames_arrived: number
  pieces_sent: number
  pieces_arrived: number
  failures: string[]
}

/** Durations of one slice of time. */
export interface Slice {
  index: number
  up: HistogramData
}

/** The answer to `report`. */
export interface Report {
  /** Caller to model, and model to caller. */
  up: HistogramData
  down: HistogramData
  /** How late this generator sent its frames. */
  late: HistogramData
  frames: { sent: Sent[]; arrivals: Arrivals[]; kept: number }
  pieces: { sent: Sent[]; arrivals: Arrivals[] }
  speech_starts: Moment[]
  clears: Moment[]
  slices: Slice[]
}
