// The load of a run, in one process: the phone's side of all its calls, and the model's side of every session that a
// bridge opens at its door. In C, because a generator that costs as much as the bridge it measures is late where it
// matters. Started by load.ts:
//
//   generator CALLS OPEN_AFTER_MS ACCOUNT_SID [urgent]
//
// Reads orders, one a line, fields parted by tabs. Ends when they end.
//
//   open CALL SID ADDRESS PORT TARGET PARAMETERS LINE...   connects this call; LINEs are for the head of its upgrade
//   window LENGTH_MS SLICE_MS      from now on durations are counted, for so long; SLICE_MS 0: in no slices
//   count                          asks for what there is so far
//   halt                           the model's side says nothing any more
//   hang_up                        the callers hang up
//   report                         asks for everything
//
// Answers in JSON, one a line: {"port"} when the door is open, {"call","why"} for each call that was to be opened (null:
// it stands), and what `count` and `report` ask for (orders.ts).
#include "carrier-call.h"
#include "link.h"
#include "model-session.h"
#include "tally.h"
#include "timers.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FRAME_US (FRAME_MS * 1000LL)
#define MOST_CALLS 20000
#define MOST_FIELDS 16
#define MOST_ORDER_BYTES 16384
/** What is due is sent, but a generator that is behind must also read. */
#define MOST_AT_ONCE 32
/**
 * It rests for so long between two looks at everything. To be woken for each frame that comes costs more than all that is
 * done with it; what falls due meanwhile is so much late at most, and when something came is told by the kernel.
 */
#define REST_US 200
#define IDLE_US 100000

static int64_t epoch_us;
static int64_t turn;
static bool is_speaking;

// ---- the callers speak

/** Every call has its own place within each 20 ms, so that the frames of all are spread evenly. */
static int64_t frame_due(void) {
  if (!is_speaking) return INT64_MAX;
  return epoch_us + turn / carrier_count * FRAME_US + turn % carrier_count * FRAME_US / carrier_count;
}

static void speak_on_time(void) {
  for (int left = MOST_AT_ONCE; left > 0; left--) {
    int64_t due_us = frame_due(), at_us = now_us();
    if (due_us > at_us) return;
    if (is_within(due_us)) histogram_add(&late, at_us - due_us);
    carrier_speak(&carriers[turn++ % carrier_count], at_us);
  }
}

// ---- answers

static struct text answer;

static void send_answer(void) {
  text_say(&answer, "\n");
  for (size_t gone = 0; gone < answer.length;) {
    ssize_t sent = write(STDOUT_FILENO, answer.bytes + gone, answer.length - gone);
    if (sent < 0 && errno != EINTR && errno != EAGAIN) exit(0);
    if (sent > 0) gone += (size_t)sent;
  }
  answer.length = 0;
}

static void tell_opened(int call, const char *why) {
  text_print(&answer, "{\"call\":%d,\"why\":", call);
  if (why) text_quote(&answer, why);
  else text_say(&answer, "null");
  text_say(&answer, "}");
  send_answer();
}

static void count(void) {
  uint64_t opened = 0, live = 0, frames_sent = 0, frames_arrived = 0, pieces_sent = 0, pieces_arrived = 0;
  for (int i = 0; i < carrier_count; i++) {
    opened += carriers[i].is_open;
    frames_sent += carriers[i].sent;
    pieces_arrived += carriers[i].arrivals.count;
  }
  for (int i = 0; i < session_count; i++) {
    live += sessions[i]->has_heard;
    frames_arrived += sessions[i]->arrivals.count;
    pieces_sent += sessions[i]->sent;
  }
  text_print(&answer, "{\"opened\":%lu,\"live\":%lu,\"frames_sent\":%lu,\"frames_arrived\":%lu", opened, live, frames_sent,
             frames_arrived);
  text_print(&answer, ",\"pieces_sent\":%lu,\"pieces_arrived\":%lu,\"failures\":", pieces_sent, pieces_arrived);
  print_failures(&answer);
  text_say(&answer, "}");
  send_answer();
}

static void print_sent(const char *comma, unsigned call, unsigned sent) {
  text_print(&answer, "%s{\"call\":%u,\"count\":%u}", comma, call, sent);
}

static void print_carriers(bool is_sent) {
  const char *comma = "";
  for (int i = 0; i < carrier_count; i++) {
    if (!carriers[i].is_open) continue;
    if (is_sent) print_sent(comma, (unsigned)i, carriers[i].sent);
    else text_say(&answer, comma), print_arrivals(&answer, &carriers[i].arrivals);
    comma = ",";
  }
}

static void print_sessions(bool is_sent) {
  const char *comma = "";
  for (int i = 0; i < session_count; i++) {
    if (!sessions[i]->has_heard) continue;
    if (is_sent) print_sent(comma, sessions[i]->arrivals.call, sessions[i]->sent);
    else text_say(&answer, comma), print_arrivals(&answer, &sessions[i]->arrivals);
    comma = ",";
  }
}

static void report(void) {
  text_say(&answer, "{\"up\":");
  print_histogram(&answer, &up);
  text_say(&answer, ",\"down\":");
  print_histogram(&answer, &down);
  text_say(&answer, ",\"late\":");
  print_histogram(&answer, &late);
  text_print(&answer, ",\"frames\":{\"kept\":%lu,\"sent\":[", kept_frames);
  print_carriers(true);
  text_say(&answer, "],\"arrivals\":[");
  print_sessions(false);
  text_say(&answer, "]},\"pieces\":{\"sent\":[");
  print_sessions(true);
  text_say(&answer, "],\"arrivals\":[");
  print_carriers(false);
  text_say(&answer, "]},\"speech_starts\":");
  print_moments(&answer, &speech_starts);
  text_say(&answer, ",\"clears\":");
  print_moments(&answer, &clears);
  text_say(&answer, ",\"slices\":");
  print_slices(&answer);
  text_say(&answer, "}");
  send_answer();
}

// ---- orders

static void open_call(char **fields, int fields_count) {
  int call = fields_count > 6 ? atoi(fields[1]) : -1;
  if (call < 0 || call >= carrier_count || carriers[call].sid || strlen(fields[2]) < 2)
    give_up("There is no such call to open.");
  struct text lines = {0};
  for (int i = 7; i < fields_count; i++) text_print(&lines, "%s\r\n", fields[i]);
  text_add(&lines, "", 1);
  if (!is_speaking) epoch_us = now_us();
  is_speaking = true;
  carrier_open(call, fields[2], fields[3], atoi(fields[4]), fields[5], fields[6], lines.bytes);
  text_free(&lines);
}

static void obey(char *line) {
  char *fields[MOST_FIELDS];
  int fields_count = 0;
  for (char *field; fields_count < MOST_FIELDS && (field = strsep(&line, "\t"));) fields[fields_count++] = field;
  const char *order = fields[0];
  if (strcmp(order, "open") == 0) open_call(fields, fields_count);
  else if (strcmp(order, "window") == 0 && fields_count == 3) window_begin(atol(fields[1]) * 1000, atol(fields[2]) * 1000);
  else if (strcmp(order, "count") == 0) count();
  else if (strcmp(order, "report") == 0) report();
  else if (strcmp(order, "halt") == 0)
    for (int i = 0; i < session_count; i++) session_halt(sessions[i]);
  else if (strcmp(order, "hang_up") == 0) {
    is_speaking = false;
    for (int i = 0; i < carrier_count; i++) carrier_stop(&carriers[i]);
  } else give_up("There is no such order: %s.", order);
}

static void on_orders(struct link *orders) {
  static char room[MOST_ORDER_BYTES];
  static size_t length;
  ssize_t came = read(orders->fd, room + length, sizeof room - length);
  if (came < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (came <= 0) exit(0);
  length += (size_t)came;
  char *at = room;
  for (char *end; (end = memchr(at, '\n', (size_t)(room + length - at))); at = end + 1) {
    *end = 0;
    obey(at);
  }
  length -= (size_t)(at - room);
  memmove(room, at, length);
  if (length == sizeof room) give_up("An order is longer than %d bytes.", MOST_ORDER_BYTES);
}

// ---- the whole

/** @param is_urgent before all that is not real time; that is safe for a program of one thread, and takes the right to it */
static void prepare(bool is_urgent) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  // In nanoseconds: when the kernel may wake it later than it asked.
  prctl(PR_SET_TIMERSLACK, 1000);
  struct sched_param first = {.sched_priority = 1};
  if (is_urgent) sched_setscheduler(0, SCHED_FIFO, &first);
}

static int64_t next_due(void) { return frame_due() < timers_next() ? frame_due() : timers_next(); }

/** @param more_came there is something to read already */
static bool wait(bool more_came) {
  const struct timespec rest = {.tv_nsec = REST_US * 1000};
  if (!more_came && next_due() > now_us()) nanosleep(&rest, NULL);
  int64_t left_us = next_due() - now_us();
  return links_wait(more_came || left_us < 0 ? 0 : left_us > IDLE_US ? IDLE_US : left_us);
}

int main(int argc, char **argv) {
  static const struct link_kind ORDERS = {.on_ready = on_orders};
  static struct link orders;
  int calls = argc > 3 ? atoi(argv[1]) : 0;
  if (calls < 1 || calls > MOST_CALLS) give_up("generator CALLS OPEN_AFTER_MS ACCOUNT_SID [urgent]");
  prepare(argc > 4);
  links_begin();
  carriers_begin(calls, argv[3], tell_opened);
  link_begin(&orders, &ORDERS, STDIN_FILENO);
  text_print(&answer, "{\"port\":%d}", door_open(atoi(argv[2])));
  send_answer();
  for (bool more_came = false;; more_came = wait(more_came)) {
    speak_on_time();
    timers_run(MOST_AT_ONCE);
  }
}
