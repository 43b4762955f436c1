#include "websocket.h"
#include "base64.h"
#include "sha1.h"
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define MASK_BYTES 4
static const char KEY_NAME[] = "\r\nsec-websocket-key:";
static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

void add_frame(struct text *text, enum opcode opcode, const char *payload, size_t length, bool is_masked) {
  uint8_t head[10 + MASK_BYTES] = {(uint8_t)(0x80 | opcode)};
  size_t size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  head[1] = (uint8_t)(size == 2 ? length : size == 4 ? 126 : 127);
  for (size_t i = 2; i < size; i++) head[i] = (uint8_t)((uint64_t)length >> 8 * (size - 1 - i));
  if (is_masked) {
    head[1] |= 0x80;
    memset(head + size, MASK, MASK_BYTES);
    size += MASK_BYTES;
  }
  text_add(text, head, size);
  char *to = text_add(text, payload, length);
  if (is_masked)
    for (size_t i = 0; i < length; i++) to[i] ^= MASK;
}

static void unmask(char *payload, size_t length, const char *mask) {
  uint32_t four;
  memcpy(&four, mask, sizeof four);
  size_t at = 0;
  for (; at + 4 <= length; at += 4) {
    uint32_t word;
    memcpy(&word, payload + at, sizeof word);
    word ^= four;
    memcpy(payload + at, &word, sizeof word);
  }
  for (; at < length; at++) payload[at] ^= mask[at & 3];
}

size_t cut_frames(struct link *link, char *bytes, size_t length, frame_hearer *on_frame) {
  size_t at = 0;
  while (link->fd >= 0 && length - at >= 2) {
    const uint8_t *head = (const uint8_t *)bytes + at;
    size_t size = (head[1] & 127) < 126 ? 2 : (head[1] & 127) == 126 ? 4 : 10;
    bool is_masked = head[1] & 128;
    if (length - at < size + (is_masked ? MASK_BYTES : 0)) break;
    uint64_t many = head[1] & 127;
    if (size > 2) many = 0;
    for (size_t i = 2; i < size; i++) many = many << 8 | head[i];
    if (many > MOST_MESSAGE_BYTES) {
      link_misused(link, "The bridge sent a message that is too long.");
      break;
    }
    char *payload = bytes + at + size + (is_masked ? MASK_BYTES : 0);
    if ((size_t)(bytes + length - payload) < many) break;
    if (is_masked) unmask(payload, (size_t)many, payload - MASK_BYTES);
    on_frame(link, head[0] & 15, payload, (size_t)many);
    at = (size_t)(payload - bytes) + (size_t)many;
  }
  return at;
}

size_t head_length(const char *bytes, size_t length) {
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  return end ? (size_t)(end - bytes) + 4 : 0;
}

void add_upgrade(struct text *text, const char *target, const char *lines) {
  uint8_t key[16];
  if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) give_up("There is no randomness.");
  text_print(text, "GET %s HTTP/1.1\r\n", target);
  text_say(text, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
  add_base64(text, key, sizeof key);
  text_print(text, "\r\n%s\r\n", lines);
}

/** @returns where the value begins; NULL when there is none */
static const char *find_key(const char *head, size_t length) {
  size_t name = sizeof KEY_NAME - 1;
  for (const char *end = head + length; (size_t)(end - head) >= name; head++)
    if (strncasecmp(head, KEY_NAME, name) == 0) return head + name;
  return NULL;
}

void add_agreement(struct text *text, const char *head, size_t length) {
  const char *key = find_key(head, length);
  const char *end = head + length;
  while (key && key < end && *key == ' ') key++;
  char joined[SHA1_MOST_BYTES];
  size_t size = 0;
  for (; key && key < end && !isspace((unsigned char)*key) && size < sizeof joined - sizeof GUID; key++)
    joined[size++] = *key;
  memcpy(joined + size, GUID, sizeof GUID - 1);
  uint8_t digest[SHA1_BYTES];
  sha1(joined, size + sizeof GUID - 1, digest);
  text_say(text, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  text_say(text, "Sec-WebSocket-Accept: ");
  add_base64(text, digest, sizeof digest);
  text_say(text, "\r\n\r\n");
}

bool is_agreement(const char *head, size_t length) {
  static const char FIRST[] = "HTTP/1.1 101 ";
  return length >= sizeof FIRST - 1 && memcmp(head, FIRST, sizeof FIRST - 1) == 0;
}
