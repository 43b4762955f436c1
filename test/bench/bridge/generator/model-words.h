// What the model says besides sound: the documented events of a spoken turn, with names as long as the real ones.
// Source: OpenAI Realtime server events. Each function adds whole frames.
#pragma once
#include "stamp.h"
#include "text.h"

#define NAME_CHARS 32

struct answer {
  char response_id[NAME_CHARS], item_id[NAME_CHARS];
  /** Pieces of sound so far. */
  int pieces;
};

/** `resp_` and the like, each once in a process. */
void new_name(char name[NAME_CHARS], const char *kind);

/** @param type session.created or session.updated */
void say_session(struct text *text, const char *type, struct slice session);
void say_answer_begins(struct text *text, const struct answer *answer);
/** A word with every other piece of sound; nothing with the rest. */
void say_word(struct text *text, const struct answer *answer);
void say_sound(struct text *text, const struct answer *answer, const struct stamp *stamp);
/** @param is_cancelled the caller spoke into it */
void say_answer_ends(struct text *text, const struct answer *answer, int is_cancelled);
void say_speech_started(struct text *text, const char *item_id, long audio_start_ms);
void say_speech_stopped(struct text *text, const char *item_id, long audio_end_ms);
void say_speech_written(struct text *text, const char *item_id);
/** @param item_id and audio_end_ms as they stood in the command; what did not is left out */
void say_truncated(struct text *text, struct slice item_id, struct slice audio_end_ms);
/** @param event_id of the command, as it stood there */
void say_already_active(struct text *text, struct slice event_id);
