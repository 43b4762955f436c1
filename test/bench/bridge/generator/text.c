#include "text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_more(struct text *text, size_t length) {
  if (text->room - text->length < length) {
    size_t room = text->room ? text->room : 256;
    while (room - text->length < length) room *= 2;
    char *bytes = realloc(text->bytes, room);
    if (!bytes) give_up("There is no memory for %zu bytes.", room);
    text->bytes = bytes;
    text->room = room;
  }
  char *at = text->bytes + text->length;
  text->length += length;
  return at;
}

char *text_add(struct text *text, const void *bytes, size_t length) {
  char *at = text_more(text, length);
  if (length > 0) memcpy(at, bytes, length);
  return at;
}

void text_say(struct text *text, const char *words) { text_add(text, words, strlen(words)); }

void text_number(struct text *text, unsigned long number) {
  char digits[24];
  char *first = digits + sizeof digits;
  do *--first = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  text_add(text, first, (size_t)(digits + sizeof digits - first));
}

void text_print(struct text *text, const char *format, ...) {
  va_list values, again;
  va_start(values, format);
  va_copy(again, values);
  int length = vsnprintf(NULL, 0, format, values);
  char *at = text_more(text, (size_t)length + 1);
  vsnprintf(at, (size_t)length + 1, format, again);
  text->length--;
  va_end(again);
  va_end(values);
}

void text_quote(struct text *text, const char *words) {
  text_say(text, "\"");
  for (; *words; words++) {
    unsigned char letter = (unsigned char)*words;
    if (letter == '"' || letter == '\\') text_say(text, "\\");
    text_add(text, letter < ' ' || letter > '~' ? " " : words, 1);
  }
  text_say(text, "\"");
}

void text_free(struct text *text) {
  free(text->bytes);
  *text = (struct text){0};
}

void give_up(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory) give_up("There is no memory for %zu times %zu bytes.", count, size);
  return memory;
}
