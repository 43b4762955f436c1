// What is to be done at a time: a heap of timers that lie in what they belong to.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct timer {
  int64_t due_us;
  /** From 1 in the heap; 0: not set. */
  int place;
  void (*run)(struct timer *);
};

/** Microseconds on CLOCK_MONOTONIC, which is the same for all processes of a machine. */
int64_t now_us(void);

void timer_set(struct timer *timer, int64_t due_us);
void timer_clear(struct timer *timer);
/** Runs what is due, so many at most. */
void timers_run(int most);
/** @returns when the next is due; INT64_MAX when there is none */
int64_t timers_next(void);

/** What a member lies in. */
#define OWNER_OF(member_at, type, member) ((type *)((char *)(member_at) - offsetof(type, member)))
