// The stamp at the start of every piece of sound: who sent it, which one it is and when. It is sound like any other to
// the bridge, 18 bytes and so 24 base64 characters, which lie the same whatever follows them.
#pragma once
#include "text.h"
#include <stdbool.h>
#include <stdint.h>

#define FRAME_MS 20
#define FRAME_BYTES 160
#define FRAME_CHARS 216
#define PIECE_MS 200
#define PIECE_BYTES (PIECE_MS * 8)
#define STAMP_BYTES 18
#define STAMP_CHARS 24

struct stamp {
  uint16_t call;
  /** From 1, one more for each piece. */
  uint32_t number;
  int64_t sent_us;
};

/** What a model sends before it has heard the caller, and so knows the call, is of no call. */
#define NO_CALL 0xffff

/** Adds sound in base64, so many bytes in all: the stamp, then what is neither silence nor all the same. */
void add_sound(struct text *text, const struct stamp *stamp, size_t bytes);
/** @returns false when this is not the start of one of our pieces */
bool read_stamp(const char *base64, size_t length, struct stamp *stamp);
/** Of decoded sound. */
bool stamp_of(const uint8_t *bytes, size_t length, struct stamp *stamp);
