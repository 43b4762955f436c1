#include "carrier-call.h"
#include "json.h"
#include "model-session.h"
#include "timers.h"
#include "websocket.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Nothing shorter has a piece of the agent's voice in it. */
#define SOUND_BYTES 600
#define BYTES_PER_MS 8
#define MOST_MARKS 4096
#define MOST_HEAD_BYTES 8192

struct mark {
  struct mark *next;
  int64_t due_us;
  size_t length;
  /** As it came, with its quotes. */
  char name[];
};

struct carrier *carriers;
int carrier_count;
static const char *account;
static void (*tell_opened)(int call, const char *why);

static int number_of(const struct carrier *carrier) { return (int)(carrier - carriers); }

uint32_t frames_sent_of(uint16_t call) { return call < carrier_count ? carriers[call].sent : 0; }

// ---- what goes out

/** The message that is being written, and the frame around it. */
static struct text message, frame;

static void begin(struct carrier *carrier, const char *event) {
  message.length = 0;
  text_print(&message, "{\"event\":\"%s\",\"sequenceNumber\":\"", event);
  text_number(&message, ++carrier->sequence);
}

static void end(struct carrier *carrier) {
  frame.length = 0;
  add_frame(&frame, TEXT, message.bytes, message.length, true);
  link_send(&carrier->link, frame.bytes, frame.length);
}

static void say_hello(struct carrier *carrier) {
  message.length = 0;
  text_say(&message, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}");
  end(carrier);
  begin(carrier, "start");
  text_print(&message, "\",\"start\":{\"streamSid\":\"%s\",\"accountSid\":\"%s\",\"callSid\":\"%s\"", carrier->stream_sid,
             account, carrier->sid);
  text_print(&message, ",\"tracks\":[\"inbound\"],\"customParameters\":%s", carrier->parameters);
  text_say(&message, ",\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000,\"channels\":1}}");
  text_print(&message, ",\"streamSid\":\"%s\"}", carrier->stream_sid);
  end(carrier);
}

static void return_marks(struct carrier *carrier, int64_t at_us) {
  struct mark *mark;
  while ((mark = carrier->first_mark) && mark->due_us <= at_us) {
    carrier->first_mark = mark->next;
    carrier->mark_count--;
    begin(carrier, "mark");
    text_print(&message, "\",\"streamSid\":\"%s\",\"mark\":{\"name\":", carrier->stream_sid);
    text_add(&message, mark->name, mark->length);
    text_say(&message, "}}");
    end(carrier);
    free(mark);
  }
}

void carrier_speak(struct carrier *carrier, int64_t at_us) {
  if (!carrier->is_open || carrier->is_over) return;
  return_marks(carrier, at_us);
  uint32_t number = ++carrier->sent;
  struct stamp stamp = {(uint16_t)number_of(carrier), number, at_us};
  message.length = 0;
  text_say(&message, "{\"event\":\"media\",\"sequenceNumber\":\"");
  text_number(&message, ++carrier->sequence);
  text_say(&message, "\",\"media\":{\"track\":\"inbound\",\"chunk\":\"");
  text_number(&message, number);
  text_say(&message, "\",\"timestamp\":\"");
  text_number(&message, (number - 1) * (unsigned long)FRAME_MS);
  text_say(&message, "\",\"payload\":\"");
  add_sound(&message, &stamp, FRAME_BYTES);
  text_say(&message, "\"},\"streamSid\":\"");
  text_say(&message, carrier->stream_sid);
  text_say(&message, "\"}");
  end(carrier);
}

void carrier_stop(struct carrier *carrier) {
  if (!carrier->is_open || carrier->is_over) return;
  begin(carrier, "stop");
  text_print(&message, "\",\"streamSid\":\"%s\",\"stop\":{\"accountSid\":\"%s\"}}", carrier->stream_sid, account);
  end(carrier);
  carrier->is_over = true;
}

// ---- what comes in

static void on_lost(struct link *link, const char *why, bool is_misused) {
  (void)is_misused;
  struct carrier *carrier = OWNER_OF(link, struct carrier, link);
  if (carrier->is_over) return;
  carrier->is_over = true;
  if (carrier->is_open) note_failure("Call %d: %s", number_of(carrier), why);
  else tell_opened(number_of(carrier), why);
}

static void hear(struct carrier *carrier, const char *text, size_t length) {
  static const char *const MARKERS[] = {"\"payload\":\"", "\"delta\":\""};
  for (int i = 0; i < 2; i++) {
    const char *found = memmem(text, length, MARKERS[i], strlen(MARKERS[i]));
    if (!found) continue;
    const char *sound = found + strlen(MARKERS[i]);
    size_t left = (size_t)(text + length - sound);
    const char *quote = memchr(sound, '"', left);
    struct stamp stamp;
    if (!quote || !read_stamp(sound, left, &stamp)) continue;
    int64_t at_us = arrived_us;
    if (!note_arrival(&carrier->arrivals, &stamp, most_pieces_sent())) {
      note_failure("Call %d: a piece came that was never sent.", number_of(carrier));
      return;
    }
    if (is_within(stamp.sent_us)) histogram_add(&down, at_us - stamp.sent_us);
    int64_t bytes = (quote - sound) * 3 / 4;
    if (carrier->plays_until_us < at_us) carrier->plays_until_us = at_us;
    carrier->plays_until_us += bytes * 1000 / BYTES_PER_MS;
    return;
  }
}

static void keep_mark(struct carrier *carrier, struct slice name) {
  if (name.length == 0) name = (struct slice){"\"\"", 2};
  if (carrier->mark_count == MOST_MARKS) {
    note_failure("Call %d: more than %d marks wait.", number_of(carrier), MOST_MARKS);
    return;
  }
  struct mark *mark = allocate(1, sizeof *mark + name.length);
  mark->due_us = carrier->plays_until_us;
  mark->length = name.length;
  memcpy(mark->name, name.at, name.length);
  if (carrier->first_mark) carrier->last_mark->next = mark;
  else carrier->first_mark = mark;
  carrier->last_mark = mark;
  carrier->mark_count++;
}

static void obey(struct carrier *carrier, struct slice text) {
  if (!json_is_object(text)) {
    note_failure("Call %d: the bridge sent what is no JSON: %.*s", number_of(carrier), (int)(text.length < 200 ? text.length : 200), text.at);
    return;
  }
  struct slice event = json_member(text, "event");
  if (json_is(event, "mark")) {
    struct slice mark = json_member(text, "mark");
    keep_mark(carrier, json_is_object(mark) ? json_member(mark, "name") : (struct slice){0});
  }
  // A bridge that passes messages on unread passes this one on where others clear.
  bool clears_now = json_is(event, "clear") || json_is(json_member(text, "type"), "input_audio_buffer.speech_started");
  if (!clears_now) return;
  note_moment(&clears, (uint16_t)number_of(carrier), arrived_us);
  carrier->plays_until_us = 0;
  return_marks(carrier, INT64_MAX);
}

static void on_frame(struct link *link, int opcode, char *payload, size_t length) {
  struct carrier *carrier = OWNER_OF(link, struct carrier, link);
  if (opcode == PING) {
    frame.length = 0;
    add_frame(&frame, PONG, payload, length, true);
    link_send(link, frame.bytes, frame.length);
  }
  if (opcode == CLOSE && !carrier->is_over) {
    carrier->is_over = true;
    note_failure("Call %d: The bridge said close.", number_of(carrier));
  }
  if (opcode != TEXT) return;
  if (length >= SOUND_BYTES) hear(carrier, payload, length);
  else obey(carrier, (struct slice){payload, length});
}

/** @returns how long the answer to the upgrade was; 0 while it is not whole */
static size_t take_answer(struct carrier *carrier, const char *bytes, size_t length) {
  size_t head = head_length(bytes, length);
  if (head == 0 && length < MOST_HEAD_BYTES) return 0;
  if (head > 0 && is_agreement(bytes, head)) {
    carrier->is_open = true;
    say_hello(carrier);
    tell_opened(number_of(carrier), NULL);
    return head;
  }
  const char *line_end = memchr(bytes, '\r', length);
  message.length = 0;
  text_print(&message, "The upgrade was answered with %.*s.", line_end ? (int)(line_end - bytes) : 0, bytes);
  link_misused(&carrier->link, message.bytes);
  return 0;
}

static size_t on_bytes(struct link *link, char *bytes, size_t length) {
  struct carrier *carrier = OWNER_OF(link, struct carrier, link);
  size_t head = carrier->is_open ? 0 : take_answer(carrier, bytes, length);
  return carrier->is_open ? head + cut_frames(link, bytes + head, length - head, on_frame) : 0;
}

// ---- how it begins

void carriers_begin(int count, const char *account_sid, void (*on_opened)(int call, const char *why)) {
  carriers = allocate((size_t)count, sizeof *carriers);
  carrier_count = count;
  for (int call = 0; call < count; call++) carriers[call].link.fd = -1;
  account = account_sid;
  tell_opened = on_opened;
}

static char *kept(const char *words) {
  char *copy = strdup(words);
  if (!copy) give_up("There is no memory for a call.");
  return copy;
}

void carrier_open(int call, const char *sid, const char *address, int port, const char *target, const char *parameters,
                  const char *lines) {
  static const struct link_kind KIND = {.on_bytes = on_bytes, .on_lost = on_lost};
  struct carrier *carrier = &carriers[call];
  carrier->arrivals.call = (uint16_t)call;
  carrier->sid = kept(sid);
  carrier->stream_sid = kept(sid);
  memcpy(carrier->stream_sid, "MZ", 2);
  carrier->parameters = kept(parameters);
  if (!link_connect(&carrier->link, &KIND, address, port)) {
    carrier->is_over = true;
    tell_opened(call, strerror(errno));
    return;
  }
  frame.length = 0;
  add_upgrade(&frame, target, lines);
  link_send(&carrier->link, frame.bytes, frame.length);
}
