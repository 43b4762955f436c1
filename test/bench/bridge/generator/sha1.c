#include "sha1.h"
#include <string.h>

#define BLOCK_BYTES 64

static uint32_t rolled(uint32_t value, int by) { return value << by | value >> (32 - by); }

static void take_block(uint32_t state[5], const uint8_t *block) {
  uint32_t words[80];
  for (int i = 0; i < 16; i++, block += 4)
    words[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
  for (int i = 16; i < 80; i++) words[i] = rolled(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int i = 0; i < 80; i++) {
    uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
    uint32_t next = rolled(a, 5) + mixed + e + words[i];
    e = d;
    d = c;
    c = rolled(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void sha1(const char *bytes, size_t length, uint8_t digest[SHA1_BYTES]) {
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  uint8_t padded[2 * BLOCK_BYTES] = {0};
  memcpy(padded, bytes, length);
  padded[length] = 0x80;
  size_t end = length + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  padded[end - 2] = (uint8_t)(length * 8 >> 8);
  padded[end - 1] = (uint8_t)(length * 8);
  for (size_t at = 0; at < end; at += BLOCK_BYTES) take_block(state, padded + at);
  for (int i = 0; i < SHA1_BYTES; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
}
