#include "base64.h"
#include <stdbool.h>
#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** One more than what a character stands for; 0 for all others. */
static uint8_t values[256];

void add_base64(struct text *text, const uint8_t *bytes, size_t length) {
  char *to = text_more(text, (length + 2) / 3 * 4);
  for (; length > 0; bytes += 3, to += 4) {
    size_t taken = length < 3 ? length : 3;
    uint32_t group = (uint32_t)bytes[0] << 16;
    if (taken > 1) group |= (uint32_t)bytes[1] << 8;
    if (taken > 2) group |= bytes[2];
    to[0] = ALPHABET[group >> 18];
    to[1] = ALPHABET[group >> 12 & 63];
    to[2] = taken > 1 ? ALPHABET[group >> 6 & 63] : '=';
    to[3] = taken > 2 ? ALPHABET[group & 63] : '=';
    length -= taken;
  }
}

size_t read_base64(const char *text, size_t length, uint8_t *bytes, size_t room) {
  if (values['B'] == 0)
    for (int i = 0; i < 64; i++) values[(uint8_t)ALPHABET[i]] = (uint8_t)(i + 1);
  uint32_t group = 0;
  int bits = 0;
  size_t count = 0;
  for (size_t i = 0; i < length && count < room; i++) {
    uint8_t value = values[(uint8_t)text[i]];
    if (value == 0) break;
    group = group << 6 | (uint32_t)(value - 1);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[count++] = (uint8_t)(group >> bits);
  }
  return count;
}
