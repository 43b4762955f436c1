// What the generator of load answers. What it is told: generator/main.c.
import type { HistogramData } from './histogram.ts'
import type { Arrivals, Moment, Sent } from './tally.ts'

/** The caller sends one frame in so long. */
export const FRAME_MS = 20

/** The answer to `count`. */
export interface Counts {
  opened: number
  /** Model sessions that have heard their caller. */
  live: number
  frames_sent: number
  frames_arrived: number
  pieces_sent: number
  pieces_arrived: number
  failures: string[]
}

/** The answer to `report`. */
export interface Report {
  /** Caller to model, and model to caller. */
  up: HistogramData
  down: HistogramData
  /** How late the frames were sent. */
  late: HistogramData
  /** `kept` had waited for the model. */
  frames: { kept: number; sent: Sent[]; arrivals: Arrivals[] }
  pieces: { sent: Sent[]; arrivals: Arrivals[] }
  speech_starts: Moment[]
  clears: Moment[]
  /** Durations upwards of each slice of time. */
  slices: { index: number; up: HistogramData }[]
}
