#include "model-words.h"
#include "websocket.h"
#include <string.h>

#define NAME_TAIL 21
#define SENTENCE "Thank you for waiting, I have found your order now."
#define QUESTION "Can you tell me when it will arrive?"
#define USAGE                                                                                                          \
  "{\"total_tokens\":420,\"input_tokens\":330,\"output_tokens\":90,\"input_token_details\":{\"text_tokens\":200,"      \
  "\"audio_tokens\":130,\"image_tokens\":0,\"cached_tokens\":128,\"cached_tokens_details\":{\"text_tokens\":128,"      \
  "\"audio_tokens\":0,\"image_tokens\":0}},\"output_token_details\":{\"text_tokens\":10,\"audio_tokens\":80}}"
static const char *const WORDS[] = {"Thank", " you", " for", " waiting,", " I", " have", " found", " your", " order", " now."};

void new_name(char name[NAME_CHARS], const char *kind) {
  static unsigned long count;
  size_t length = strlen(kind);
  memcpy(name, kind, length);
  name[length] = '_';
  char *tail = name + length + 1;
  memset(tail, 'A', NAME_TAIL);
  tail[NAME_TAIL] = 0;
  unsigned long rest = ++count;
  for (int at = NAME_TAIL - 1; rest > 0; rest /= 36) tail[at--] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
}

/** The event that is being written. */
static struct text event;

static void begin(const char *type) {
  char id[NAME_CHARS];
  new_name(id, "event");
  event.length = 0;
  text_print(&event, "{\"type\":\"%s\",\"event_id\":\"%s\"", type, id);
}

static void end(struct text *text) {
  text_say(&event, "}");
  add_frame(text, TEXT, event.bytes, event.length, false);
}

/** A field as it stood in a command. */
static void add_field(const char *name, struct slice value) {
  if (value.length == 0) return;
  text_print(&event, ",\"%s\":", name);
  text_add(&event, value.at, value.length);
}

/** Where in the answer it belongs. */
static void add_place(const struct answer *answer) {
  text_print(&event, ",\"response_id\":\"%s\",\"item_id\":\"%s\",\"output_index\":0,\"content_index\":0",
             answer->response_id, answer->item_id);
}

/** @param transcript of what it holds; NULL: nothing yet */
static void add_item(const struct answer *answer, const char *status, const char *transcript) {
  text_print(&event, "{\"id\":\"%s\",\"object\":\"realtime.item\",\"type\":\"message\",\"status\":\"%s\"",
             answer->item_id, status);
  text_say(&event, ",\"role\":\"assistant\",\"content\":[");
  if (transcript) text_print(&event, "{\"type\":\"output_audio\",\"transcript\":\"%s\"}", transcript);
  text_say(&event, "]}");
}

static void add_caller_item(const char *item_id) {
  text_print(&event, ",\"previous_item_id\":null,\"item\":{\"id\":\"%s\",\"object\":\"realtime.item\"", item_id);
  text_say(&event, ",\"type\":\"message\",\"status\":\"completed\",\"role\":\"user\",\"content\":");
  text_say(&event, "[{\"type\":\"input_audio\",\"transcript\":null}]}");
}

static void begin_response(const char *type, const struct answer *answer, const char *status, const char *details) {
  begin(type);
  text_print(&event, ",\"response\":{\"object\":\"realtime.response\",\"id\":\"%s\",\"status\":\"%s\"",
             answer->response_id, status);
  text_print(&event, ",\"status_details\":%s,\"output\":[", details);
}

static void end_response(struct text *text, const char *usage) {
  text_say(&event, "],\"conversation_id\":\"conv_AAAAAAAAAAAAAAAAAAAAA\",\"output_modalities\":[\"audio\"]");
  text_say(&event, ",\"max_output_tokens\":\"inf\",\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcmu\"}");
  text_print(&event, ",\"voice\":\"marin\"}},\"usage\":%s,\"metadata\":null}", usage);
  end(text);
}

void say_session(struct text *text, const char *type, struct slice session) {
  begin(type);
  add_field("session", session);
  end(text);
}

void say_answer_begins(struct text *text, const struct answer *answer) {
  begin_response("response.created", answer, "in_progress", "null");
  end_response(text, "null");
  begin("response.output_item.added");
  text_print(&event, ",\"response_id\":\"%s\",\"output_index\":0,\"item\":", answer->response_id);
  add_item(answer, "in_progress", NULL);
  end(text);
  begin("conversation.item.added");
  text_say(&event, ",\"previous_item_id\":null,\"item\":");
  add_item(answer, "in_progress", NULL);
  end(text);
  begin("response.content_part.added");
  add_place(answer);
  text_say(&event, ",\"part\":{\"type\":\"audio\",\"transcript\":\"\"}");
  end(text);
}

void say_word(struct text *text, const struct answer *answer) {
  if (answer->pieces % 2 != 0) return;
  begin("response.output_audio_transcript.delta");
  add_place(answer);
  text_print(&event, ",\"delta\":\"%s\"", WORDS[answer->pieces / 2 % 10]);
  end(text);
}

void say_sound(struct text *text, const struct answer *answer, const struct stamp *stamp) {
  begin("response.output_audio.delta");
  add_place(answer);
  text_say(&event, ",\"delta\":\"");
  add_sound(&event, stamp, PIECE_BYTES);
  text_say(&event, "\"");
  end(text);
}

static void say_item_done(struct text *text, const struct answer *answer, const char *status) {
  begin("response.output_item.done");
  text_print(&event, ",\"response_id\":\"%s\",\"output_index\":0,\"item\":", answer->response_id);
  add_item(answer, status, SENTENCE);
  end(text);
  begin("conversation.item.done");
  text_say(&event, ",\"previous_item_id\":null,\"item\":");
  add_item(answer, status, SENTENCE);
  end(text);
}

void say_answer_ends(struct text *text, const struct answer *answer, int is_cancelled) {
  const char *status = is_cancelled ? "incomplete" : "completed";
  begin("response.output_audio.done");
  add_place(answer);
  end(text);
  begin("response.output_audio_transcript.done");
  add_place(answer);
  text_say(&event, ",\"transcript\":\"" SENTENCE "\"");
  end(text);
  begin("response.content_part.done");
  add_place(answer);
  text_say(&event, ",\"part\":{\"type\":\"audio\",\"transcript\":\"" SENTENCE "\"}");
  end(text);
  say_item_done(text, answer, status);
  begin_response("response.done", answer, is_cancelled ? "cancelled" : "completed",
                 is_cancelled ? "{\"type\":\"cancelled\",\"reason\":\"turn_detected\"}" : "null");
  add_item(answer, status, SENTENCE);
  end_response(text, USAGE);
  begin("rate_limits.updated");
  text_say(&event, ",\"rate_limits\":[{\"name\":\"requests\",\"limit\":20000,\"remaining\":19000,\"reset_seconds\":0.1}");
  text_say(&event, ",{\"name\":\"tokens\",\"limit\":15000000,\"remaining\":14900000,\"reset_seconds\":0.1}]");
  end(text);
}

void say_speech_started(struct text *text, const char *item_id, long audio_start_ms) {
  begin("input_audio_buffer.speech_started");
  text_print(&event, ",\"audio_start_ms\":%ld,\"item_id\":\"%s\"", audio_start_ms, item_id);
  end(text);
}

void say_speech_stopped(struct text *text, const char *item_id, long audio_end_ms) {
  begin("input_audio_buffer.speech_stopped");
  text_print(&event, ",\"audio_end_ms\":%ld,\"item_id\":\"%s\"", audio_end_ms, item_id);
  end(text);
  begin("input_audio_buffer.committed");
  text_print(&event, ",\"item_id\":\"%s\",\"previous_item_id\":null", item_id);
  end(text);
  begin("conversation.item.added");
  add_caller_item(item_id);
  end(text);
  begin("conversation.item.done");
  add_caller_item(item_id);
  end(text);
}

void say_speech_written(struct text *text, const char *item_id) {
  begin("conversation.item.input_audio_transcription.delta");
  text_print(&event, ",\"item_id\":\"%s\",\"content_index\":0,\"delta\":\"" QUESTION "\"", item_id);
  end(text);
  begin("conversation.item.input_audio_transcription.completed");
  text_print(&event, ",\"item_id\":\"%s\",\"content_index\":0,\"transcript\":\"" QUESTION "\"", item_id);
  text_say(&event, ",\"usage\":{\"type\":\"duration\",\"seconds\":3}");
  end(text);
}

void say_truncated(struct text *text, struct slice item_id, struct slice audio_end_ms) {
  begin("conversation.item.truncated");
  add_field("item_id", item_id);
  text_say(&event, ",\"content_index\":0");
  add_field("audio_end_ms", audio_end_ms);
  end(text);
}

void say_already_active(struct text *text, struct slice event_id) {
  begin("error");
  text_say(&event, ",\"error\":{\"type\":\"invalid_request_error\",\"code\":\"conversation_already_has_active_response\"");
  text_say(&event, ",\"message\":\"Conversation already has an active response.\",\"param\":null");
  add_field("event_id", event_id.length > 0 ? event_id : (struct slice){"null", 4});
  text_say(&event, "}");
  end(text);
}
