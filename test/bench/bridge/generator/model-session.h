// The model's side of one call: configures as it is told, hears the caller's frames and counts them, and plays `talk`.
#pragma once
#include "link.h"
#include "model-words.h"
#include "tally.h"
#include "talk.h"
#include "timers.h"

/** So much at once: a greeting and a turn, and what a bridge asks for too soon after another. */
#define MOST_PLAYS 4

struct play {
  struct timer timer;
  struct session *session;
  const struct step *next;
  int64_t began_us;
};

struct session {
  struct link link;
  /** What the door let in; it is taken up after the time that opening takes. */
  int fd;
  struct timer opening;
  bool is_open, has_heard, is_answering;
  /** The how manyeth that opened. */
  int index;
  struct arrivals arrivals;
  /** Pieces of sound sent. */
  uint32_t sent;
  int64_t opened_us;
  /** The session as it is configured, a JSON object. */
  struct text configured;
  struct answer answer;
  char caller_item[NAME_CHARS];
  int turns;
  struct timer turn;
  struct play plays[MOST_PLAYS];
};

/** All that came through the door. */
extern struct session **sessions;
extern int session_count;
/** Frames that came with others in one message: they had waited for the model. */
extern uint64_t kept_frames;

/** Opens the model's door. @returns its port */
int door_open(int open_after_ms);
/** Says nothing any more, and goes on listening. */
void session_halt(struct session *session);
/** The most that any session has sent. */
uint32_t most_pieces_sent(void);
