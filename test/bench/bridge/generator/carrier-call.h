// The phone's side of one call: sends the caller's frames, plays what comes back as the carrier does (marks return when
// their sound would have been heard, all at once on `clear`), and counts every piece by its number.
#pragma once
#include "link.h"
#include "tally.h"

struct carrier {
  struct link link;
  struct arrivals arrivals;
  char *sid, *stream_sid, *parameters;
  bool is_open, is_over;
  /** Frames so far, and messages. */
  uint32_t sent, sequence;
  int64_t plays_until_us;
  struct mark *first_mark, *last_mark;
  int mark_count;
};

/** All of the run, by number. */
extern struct carrier *carriers;
extern int carrier_count;

/** @param account_sid the carrier's customer, in its messages @param on_opened told once of each call that is opened
 * @param why NULL, or why it could not be */
void carriers_begin(int count, const char *account_sid, void (*on_opened)(int call, const char *why));
/** @param parameters a JSON object, for the `start` message @param lines of the upgrade's head, each with its end */
void carrier_open(int call, const char *sid, const char *address, int port, const char *target, const char *parameters,
                  const char *lines);
/** The next 20 ms of the caller, now. */
void carrier_speak(struct carrier *carrier, int64_t at_us);
/** The caller hangs up. */
void carrier_stop(struct carrier *carrier);
/** How many frames this call has sent; 0 for a number that is none. */
uint32_t frames_sent_of(uint16_t call);
