#include "tally.h"
#include "timers.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_FAILURES 5
#define FAILURE_CHARS 240
#define MOST_SLICES 10000
#define MOST_MOMENTS (1 << 20)

struct window window = {INT64_MAX, 0};
struct histogram up, down, late;
struct moments speech_starts, clears;
static struct histogram *slices;
static size_t slice_count;
static int64_t slice_us;
static char failures[KEPT_FAILURES][FAILURE_CHARS];
static int failure_count;

// ---- durations

static int place_of(int64_t us) {
  if (us < EXACT) return (int)us;
  int octave = 63 - __builtin_clzll((uint64_t)us) - 7;
  if (octave > OCTAVES - 1) octave = OCTAVES - 1;
  int64_t step = (us >> (octave + 1)) - STEPS;
  return EXACT + octave * STEPS + (int)(step < STEPS ? step : STEPS - 1);
}

void histogram_add(struct histogram *histogram, int64_t us) {
  if (us < 0) us = 0;
  if (us > histogram->max_us) histogram->max_us = us;
  histogram->counts[place_of(us)]++;
}

void print_histogram(struct text *text, const struct histogram *histogram) {
  text_print(text, "{\"max\":%lld,\"counts\":[", (long long)histogram->max_us);
  const char *comma = "";
  for (int place = 0; place < EXACT + STEPS * OCTAVES; place++) {
    if (histogram->counts[place] == 0) continue;
    text_print(text, "%s[%d,%u]", comma, place, histogram->counts[place]);
    comma = ",";
  }
  text_say(text, "]}");
}

bool is_within(int64_t at_us) { return at_us >= window.begin_us && at_us < window.end_us; }

void window_begin(int64_t length_us, int64_t of_slice_us) {
  window.begin_us = now_us();
  window.end_us = window.begin_us + length_us;
  slice_us = of_slice_us;
  slice_count = slice_us > 0 ? (size_t)(length_us / slice_us) + 1 : 0;
  if (slice_count > MOST_SLICES) give_up("A window of %zu slices is too much.", slice_count);
  free(slices);
  slices = slice_count > 0 ? allocate(slice_count, sizeof *slices) : NULL;
}

void note_up(int64_t sent_us, int64_t at_us) {
  if (!is_within(sent_us)) return;
  histogram_add(&up, at_us - sent_us);
  if (slices) histogram_add(&slices[(sent_us - window.begin_us) / slice_us], at_us - sent_us);
}

void print_slices(struct text *text) {
  const char *comma = "";
  text_say(text, "[");
  for (size_t index = 0; index < slice_count; index++) {
    text_print(text, "%s{\"index\":%zu,\"up\":", comma, index);
    print_histogram(text, &slices[index]);
    text_say(text, "}");
    comma = ",";
  }
  text_say(text, "]");
}

// ---- what came of what was sent

static bool has_come(struct arrivals *arrivals, uint32_t number) {
  return arrivals->came[number >> 3] >> (number & 7) & 1;
}

static void make_room(struct arrivals *arrivals, uint32_t number) {
  size_t bytes = arrivals->came_bytes ? arrivals->came_bytes : 256;
  while (bytes <= number >> 3) bytes *= 2;
  if (bytes == arrivals->came_bytes) return;
  arrivals->came = realloc(arrivals->came, bytes);
  if (!arrivals->came) give_up("There is no memory for what has come.");
  memset(arrivals->came + arrivals->came_bytes, 0, bytes - arrivals->came_bytes);
  arrivals->came_bytes = bytes;
}

bool note_arrival(struct arrivals *arrivals, const struct stamp *stamp, uint32_t sent) {
  uint32_t number = stamp->number;
  if (number == 0 || number > sent) return false;
  if (stamp->call != arrivals->call && stamp->call != NO_CALL) return arrivals->crossed++, true;
  make_room(arrivals, number);
  if (has_come(arrivals, number)) return arrivals->doubled++, true;
  arrivals->came[number >> 3] |= (uint8_t)(1 << (number & 7));
  if (arrivals->count++ == 0) arrivals->first = number;
  if (number > arrivals->newest) arrivals->newest = number;
  else arrivals->disordered++;
  return true;
}

void print_arrivals(struct text *text, const struct arrivals *arrivals) {
  text_print(text, "{\"call\":%u,\"count\":%u,\"doubled\":%u,\"disordered\":%u,\"crossed\":%u,\"first\":%u}",
             arrivals->call, arrivals->count, arrivals->doubled, arrivals->disordered, arrivals->crossed,
             arrivals->first);
}

// ---- what happened when

void note_moment(struct moments *moments, uint16_t call, int64_t at_us) {
  if (moments->count == MOST_MOMENTS) {
    note_failure("Call %u: more was cleared than can be counted.", call);
    return;
  }
  if (moments->count == moments->room) {
    moments->room = moments->room ? moments->room * 2 : 1024;
    moments->all = realloc(moments->all, moments->room * sizeof *moments->all);
    if (!moments->all) give_up("There is no memory for %zu moments.", moments->room);
  }
  moments->all[moments->count++] = (struct moment){call, at_us};
}

void print_moments(struct text *text, const struct moments *moments) {
  text_say(text, "[");
  for (size_t i = 0; i < moments->count; i++)
    text_print(text, "%s{\"call\":%u,\"at_us\":%lld}", i > 0 ? "," : "", moments->all[i].call,
               (long long)moments->all[i].at_us);
  text_say(text, "]");
}

void note_failure(const char *format, ...) {
  if (failure_count == KEPT_FAILURES) return;
  va_list values;
  va_start(values, format);
  vsnprintf(failures[failure_count++], FAILURE_CHARS, format, values);
  va_end(values);
}

void print_failures(struct text *text) {
  text_say(text, "[");
  for (int i = 0; i < failure_count; i++) {
    if (i > 0) text_say(text, ",");
    text_quote(text, failures[i]);
  }
  text_say(text, "]");
}
