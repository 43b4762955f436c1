// What is counted: how long sound was on its way, what came of all that was sent, and what went wrong.
#pragma once
#include "stamp.h"
#include "text.h"
#include <stdbool.h>
#include <stdint.h>

/** How often each duration came: exact below 128 us, within 1.6 % above. The same places as in histogram.ts. */
#define EXACT 128
#define STEPS 64
#define OCTAVES 24
struct histogram {
  uint32_t counts[EXACT + STEPS * OCTAVES];
  int64_t max_us;
};
/** @param us negative ones, of clocks read in the wrong order, count as none */
void histogram_add(struct histogram *histogram, int64_t us);
/** `{"max":9,"counts":[[9,1]]}`: the places that have any. */
void print_histogram(struct text *text, const struct histogram *histogram);

/** Pieces of sound that came, by their numbers. */
struct arrivals {
  uint16_t call;
  /** How many came, how many twice, how many after one with a higher number, how many of another call. */
  uint32_t count, doubled, disordered, crossed;
  uint32_t first, newest;
  /** A bit for each number that came. */
  uint8_t *came;
  size_t came_bytes;
};
/** @param sent so many have been sent by now: a higher number is no number of ours @returns false for such a one */
bool note_arrival(struct arrivals *arrivals, const struct stamp *stamp, uint32_t sent);
void print_arrivals(struct text *text, const struct arrivals *arrivals);

/** Only what is sent between these two counts into the durations. */
extern struct window {
  int64_t begin_us, end_us;
} window;
bool is_within(int64_t at_us);
/** From now on. @param slice_us and also into slices of time of their own; 0: not */
void window_begin(int64_t length_us, int64_t slice_us);

/** Caller to model, model to caller, and how late frames were sent. */
extern struct histogram up, down, late;
/** A frame of the caller has arrived. */
void note_up(int64_t sent_us, int64_t at_us);
void print_slices(struct text *text);

/** When something happened in a call. */
struct moments {
  struct moment {
    uint16_t call;
    int64_t at_us;
  } *all;
  size_t count, room;
};
extern struct moments speech_starts, clears;
void note_moment(struct moments *moments, uint16_t call, int64_t at_us);
void print_moments(struct text *text, const struct moments *moments);

/** What a bridge did that it must not do, or could not do. The first few are kept. */
void note_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_failures(struct text *text);
