#include "stamp.h"
#include "base64.h"

#define MAGIC 0xa55a

/** What follows the stamp: made once, and as much of it taken as is wanted. */
static const struct text *rest_of(size_t bytes) {
  static struct text frame_rest, piece_rest;
  struct text *rest = bytes == FRAME_BYTES ? &frame_rest : &piece_rest;
  if (rest->length == 0) {
    uint8_t sound[PIECE_BYTES];
    for (size_t i = 0; i < sizeof sound; i++) sound[i] = (uint8_t)(i * 37);
    add_base64(rest, sound, bytes - STAMP_BYTES);
  }
  return rest;
}

static void put(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static uint64_t get(const uint8_t *from, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value = value << 8 | from[i];
  return value;
}

void add_sound(struct text *text, const struct stamp *stamp, size_t bytes) {
  uint8_t raw[STAMP_BYTES] = {0};
  put(raw, MAGIC, 2);
  put(raw + 2, stamp->call, 2);
  put(raw + 4, stamp->number, 4);
  put(raw + 8, (uint64_t)stamp->sent_us, 6);
  add_base64(text, raw, sizeof raw);
  const struct text *rest = rest_of(bytes);
  text_add(text, rest->bytes, rest->length);
}

bool read_stamp(const char *base64, size_t length, struct stamp *stamp) {
  uint8_t raw[STAMP_BYTES];
  return length >= STAMP_CHARS && read_base64(base64, STAMP_CHARS, raw, sizeof raw) == sizeof raw &&
         stamp_of(raw, sizeof raw, stamp);
}

bool stamp_of(const uint8_t *bytes, size_t length, struct stamp *stamp) {
  if (length < STAMP_BYTES || get(bytes, 2) != MAGIC) return false;
  stamp->call = (uint16_t)get(bytes + 2, 2);
  stamp->number = (uint32_t)get(bytes + 4, 4);
  stamp->sent_us = (int64_t)get(bytes + 8, 6);
  return true;
}
