#include "model-session.h"
#include "base64.h"
#include "carrier-call.h"
#include "json.h"
#include "websocket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_SESSIONS (1 << 16)
#define MOST_HEAD_BYTES 8192
#define FIRST_SESSION "{\"type\":\"realtime\",\"object\":\"realtime.session\",\"model\":\"gpt-realtime-2.1\"}"

struct session **sessions;
int session_count;
uint64_t kept_frames;
static int open_count;
static uint32_t most_pieces;
static int64_t opening_us;

uint32_t most_pieces_sent(void) { return most_pieces; }

// ---- what goes out

/** What is being said, in whole frames. */
static struct text words;

static struct text *begin(void) {
  words.length = 0;
  return &words;
}

static void end(struct session *session) { link_send(&session->link, words.bytes, words.length); }

static uint16_t call_of(const struct session *session) { return session->has_heard ? session->arrivals.call : NO_CALL; }

static long heard_ms(const struct session *session) { return (long)((now_us() - session->opened_us + 500) / 1000); }

static void end_answer(struct session *session, bool is_cancelled) {
  if (!session->is_answering) return;
  say_answer_ends(begin(), &session->answer, is_cancelled);
  end(session);
  session->is_answering = false;
}

static void begin_answer(struct session *session) {
  end_answer(session, false);
  session->is_answering = true;
  session->answer.pieces = 0;
  new_name(session->answer.response_id, "resp");
  new_name(session->answer.item_id, "item");
  say_answer_begins(begin(), &session->answer);
  end(session);
}

static void send_piece(struct session *session) {
  if (!session->is_answering) return;
  say_word(begin(), &session->answer);
  if (words.length > 0) end(session);
  session->answer.pieces++;
  struct stamp stamp = {call_of(session), ++session->sent, now_us()};
  if (session->sent > most_pieces) most_pieces = session->sent;
  say_sound(begin(), &session->answer, &stamp);
  end(session);
}

static void caller_starts(struct session *session) {
  new_name(session->caller_item, "item");
  say_speech_started(begin(), session->caller_item, heard_ms(session));
  end(session);
}

static void cut_in(struct session *session) {
  int64_t at_us = now_us();
  if (is_within(at_us)) note_moment(&speech_starts, call_of(session), at_us);
  caller_starts(session);
  end_answer(session, true);
}

static void perform(struct session *session, enum deed deed) {
  switch (deed) {
    case ANSWER: begin_answer(session); return;
    case PIECE: send_piece(session); return;
    case END: end_answer(session, false); return;
    case CALLER_STARTS: caller_starts(session); return;
    case CUT_IN: cut_in(session); return;
    case CALLER_STOPS:
      say_speech_stopped(begin(), session->caller_item, heard_ms(session));
      end(session);
      return;
    case CALLER_WRITTEN:
      say_speech_written(begin(), session->caller_item);
      end(session);
      return;
    case OVER: return;
  }
}

// ---- when

static void wait_for_step(struct play *play) {
  if (play->next->deed == OVER) play->next = NULL;
  else timer_set(&play->timer, play->began_us + play->next->at_ms * 1000L);
}

static void do_step(struct timer *timer) {
  struct play *play = OWNER_OF(timer, struct play, timer);
  perform(play->session, play->next->deed);
  // The link may have broken just then, and with it the play is over.
  if (!play->next) return;
  play->next++;
  wait_for_step(play);
}

/** One step after the other, each at its time. */
static void play_steps(struct session *session, const struct step *steps, int64_t began_us) {
  for (int i = 0; i < MOST_PLAYS; i++) {
    struct play *play = &session->plays[i];
    if (play->next) continue;
    *play = (struct play){.timer.run = do_step, .session = session, .next = steps, .began_us = began_us};
    wait_for_step(play);
    return;
  }
  note_failure("A bridge asked for %d answers at once.", MOST_PLAYS + 1);
}

static void take_turn(struct timer *timer) {
  struct session *session = OWNER_OF(timer, struct session, turn);
  int64_t began_us = timer->due_us;
  play_steps(session, session->turns++ % 2 == 0 ? HEARD_OUT : INTERRUPTED, began_us);
  timer_set(timer, began_us + TURN_MS * 1000L);
}

void session_halt(struct session *session) {
  timer_clear(&session->turn);
  for (int i = 0; i < MOST_PLAYS; i++) {
    timer_clear(&session->plays[i].timer);
    session->plays[i].next = NULL;
  }
}

// ---- what comes in

static void hear(struct session *session, const struct stamp *stamp) {
  if (frames_sent_of(stamp->call) == 0) {
    note_failure("A frame of a call came that there is not.");
    return;
  }
  if (!session->has_heard) {
    session->has_heard = true;
    session->arrivals.call = stamp->call;
    // Where in its turn this session is while others are elsewhere in theirs.
    double phase = session->index * 0.618034 - (int)(session->index * 0.618034);
    timer_set(&session->turn, now_us() + (int64_t)((FIRST_TURN_AFTER_MS + phase * TURN_MS) * 1000));
  }
  if (note_arrival(&session->arrivals, stamp, frames_sent_of(stamp->call))) note_up(stamp->sent_us, arrived_us);
  else note_failure("Call %u: a frame came that was never sent.", stamp->call);
}

/** What waited until the session was ready. */
static void hear_many(struct session *session, const char *base64, size_t length) {
  static uint8_t sound[MOST_MESSAGE_BYTES];
  size_t bytes = read_base64(base64, length, sound, sizeof sound);
  for (size_t at = 0; at < bytes; at += FRAME_BYTES) {
    struct stamp stamp;
    if (!stamp_of(sound + at, bytes - at, &stamp)) continue;
    kept_frames++;
    hear(session, &stamp);
  }
}

static void configure(struct session *session, struct slice changes) {
  if (session->configured.length + changes.length > MOST_MESSAGE_BYTES) {
    note_failure("Call %u: the bridge configures more than can be kept.", call_of(session));
    return;
  }
  struct text changed = {0};
  json_assign(&changed, (struct slice){session->configured.bytes, session->configured.length}, changes);
  text_free(&session->configured);
  session->configured = changed;
}

static void obey(struct session *session, struct slice text) {
  if (!json_is_object(text)) {
    note_failure("The bridge sent the model what is no JSON: %.*s", (int)(text.length < 200 ? text.length : 200), text.at);
    return;
  }
  struct slice type = json_member(text, "type");
  if (json_is(type, "session.update")) {
    struct slice changes = json_member(text, "session");
    if (json_is_object(changes)) configure(session, changes);
    struct slice now = {session->configured.bytes, session->configured.length};
    say_session(begin(), "session.updated", now);
  } else if (json_is(type, "conversation.item.truncate"))
    say_truncated(begin(), json_member(text, "item_id"), json_member(text, "audio_end_ms"));
  else if (json_is(type, "response.create") && session->is_answering)
    say_already_active(begin(), json_member(text, "event_id"));
  else {
    if (json_is(type, "response.create")) play_steps(session, GREETING, now_us());
    return;
  }
  end(session);
}

/** @returns where the sound of a message begins; NULL for one without */
static const char *find_sound(const char *text, size_t length) {
  static const char *const MARKERS[] = {"\"audio\":\"", "\"payload\":\""};
  for (int i = 0; i < 2; i++) {
    const char *found = memmem(text, length, MARKERS[i], strlen(MARKERS[i]));
    if (found) return found + strlen(MARKERS[i]);
  }
  return NULL;
}

static void on_frame(struct link *link, int opcode, char *payload, size_t length) {
  struct session *session = OWNER_OF(link, struct session, link);
  if (opcode == PING) {
    add_frame(begin(), PONG, payload, length, false);
    end(session);
  }
  if (opcode != TEXT) return;
  const char *sound = find_sound(payload, length);
  if (!sound) {
    obey(session, (struct slice){payload, length});
    return;
  }
  size_t left = (size_t)(payload + length - sound);
  struct stamp stamp;
  if (left <= FRAME_CHARS || sound[FRAME_CHARS] != '"') hear_many(session, sound, left);
  else if (read_stamp(sound, left, &stamp)) hear(session, &stamp);
}

static void open_session(struct session *session) {
  session->is_open = true;
  session->index = open_count++;
  session->turns = session->index % 2;
  session->opened_us = now_us();
  new_name(session->caller_item, "item");
  text_say(&session->configured, FIRST_SESSION);
  char changes[NAME_CHARS + 16] = "{\"id\":\"";
  new_name(changes + strlen(changes), "sess");
  strcat(changes, "\"}");
  struct text created = {0};
  json_assign(&created, (struct slice){FIRST_SESSION, sizeof FIRST_SESSION - 1}, (struct slice){changes, strlen(changes)});
  say_session(begin(), "session.created", (struct slice){created.bytes, created.length});
  text_free(&created);
  end(session);
}

static size_t on_bytes(struct link *link, char *bytes, size_t length) {
  struct session *session = OWNER_OF(link, struct session, link);
  size_t head = session->is_open ? 0 : head_length(bytes, length);
  if (!session->is_open) {
    if (head == 0) {
      if (length > MOST_HEAD_BYTES) link_misused(link, "The bridge asked for an upgrade at too great a length.");
      return 0;
    }
    add_agreement(begin(), bytes, head);
    end(session);
    open_session(session);
  }
  return head + cut_frames(link, bytes + head, length - head, on_frame);
}

static void on_lost(struct link *link, const char *why, bool is_misused) {
  struct session *session = OWNER_OF(link, struct session, link);
  if (is_misused) note_failure("Call %u, at the model: %s", call_of(session), why);
  session_halt(session);
}

// ---- the door

/** A session that opens late is one whose upgrade is answered late. */
static void take_up(struct timer *timer) {
  static const struct link_kind KIND = {.on_bytes = on_bytes, .on_lost = on_lost};
  struct session *session = OWNER_OF(timer, struct session, opening);
  link_begin(&session->link, &KIND, session->fd);
}

static void let_in(int fd) {
  if (session_count == MOST_SESSIONS) {
    note_failure("The bridge opened more than %d sessions.", MOST_SESSIONS);
    close(fd);
    return;
  }
  struct session *session = allocate(1, sizeof *session);
  sessions[session_count++] = session;
  session->link.fd = -1;
  session->fd = fd;
  session->opening.run = take_up;
  session->turn.run = take_turn;
  timer_set(&session->opening, now_us() + opening_us);
}

static void on_door(struct link *door) {
  for (int i = 0; i < 16; i++) {
    int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) let_in(fd);
    else if (errno == EAGAIN) return;
    else if (errno != ECONNABORTED && errno != EINTR) give_up("The door lets nobody in: %s.", strerror(errno));
  }
}

int door_open(int open_after_ms) {
  static const struct link_kind KIND = {.on_ready = on_door};
  static struct link door;
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool is_listening = fd >= 0 && bind(fd, (struct sockaddr *)&here, size) == 0 && listen(fd, 511) == 0 &&
                      getsockname(fd, (struct sockaddr *)&here, &size) == 0;
  if (!is_listening) give_up("The model's door cannot be opened: %s.", strerror(errno));
  opening_us = open_after_ms * 1000L;
  sessions = allocate(MOST_SESSIONS, sizeof *sessions);
  link_begin(&door, &KIND, fd);
  return ntohs(here.sin_port);
}
