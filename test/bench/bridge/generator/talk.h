// The load "talk": what a conversation does and when. The agent speaks 4 s of every 8 s, in pieces of 200 ms that come
// four times faster than they are played; in every second turn the caller speaks into it.
#pragma once

#define TURN_MS 8000
#define FIRST_TURN_AFTER_MS 1000
#define PIECE_EVERY_MS 50

/** The last says that there is nothing more. */
enum deed { ANSWER, PIECE, END, CALLER_STARTS, CUT_IN, CALLER_STOPS, CALLER_WRITTEN, OVER };
struct step {
  int at_ms;
  enum deed deed;
};

#define ONE(number) {(number) * PIECE_EVERY_MS, PIECE}
#define FIVE(number) ONE(number), ONE(number + 1), ONE(number + 2), ONE(number + 3), ONE(number + 4)

static const struct step GREETING[] = {{0, ANSWER}, FIVE(0), {5 * PIECE_EVERY_MS, END}, {0, OVER}};
static const struct step HEARD_OUT[] = {
    {0, ANSWER},           FIVE(0),     FIVE(5), FIVE(10), FIVE(15), {20 * PIECE_EVERY_MS, END}, {4600, CALLER_STARTS},
    {7300, CALLER_STOPS}, {7500, CALLER_WRITTEN}, {0, OVER},
};
/** The model is about to send its last piece, and the carrier has played a quarter of what it has. */
static const struct step INTERRUPTED[] = {
    {0, ANSWER}, FIVE(0), FIVE(5), FIVE(10), ONE(15), ONE(16), ONE(17), ONE(18),
    {19 * PIECE_EVERY_MS - 25, CUT_IN}, {3000, CALLER_STOPS}, {3200, CALLER_WRITTEN}, {0, OVER},
};
