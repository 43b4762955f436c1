#include "timers.h"
#include "text.h"
#include <stdlib.h>
#include <time.h>

/** The heap: none is due before the one at half its place. Place 0 is not used. */
static struct timer **heap;
static int count, room;

int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void put(struct timer *timer, int place) {
  heap[place] = timer;
  timer->place = place;
}

static void rise(struct timer *timer, int place) {
  for (; place > 1 && timer->due_us < heap[place / 2]->due_us; place /= 2) put(heap[place / 2], place);
  put(timer, place);
}

static void sink(struct timer *timer, int place) {
  for (int below; (below = place * 2) <= count; place = below) {
    if (below < count && heap[below + 1]->due_us < heap[below]->due_us) below++;
    if (timer->due_us <= heap[below]->due_us) break;
    put(heap[below], place);
  }
  put(timer, place);
}

void timer_set(struct timer *timer, int64_t due_us) {
  timer_clear(timer);
  timer->due_us = due_us;
  if (count + 2 > room) {
    room = room ? room * 2 : 1024;
    heap = realloc(heap, (size_t)room * sizeof *heap);
    if (!heap) give_up("There is no memory for %d timers.", room);
  }
  rise(timer, ++count);
}

void timer_clear(struct timer *timer) {
  int place = timer->place;
  if (place == 0) return;
  timer->place = 0;
  struct timer *last = heap[count--];
  if (last == timer) return;
  if (place > 1 && last->due_us < heap[place / 2]->due_us) rise(last, place);
  else sink(last, place);
}

void timers_run(int most) {
  for (; most > 0 && count > 0 && heap[1]->due_us <= now_us(); most--) {
    struct timer *timer = heap[1];
    timer_clear(timer);
    timer->run(timer);
  }
}

int64_t timers_next(void) { return count > 0 ? heap[1]->due_us : INT64_MAX; }
