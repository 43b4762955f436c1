// Text that grows as it is written, and the little of JSON that is written by hand.
#pragma once
#include <stddef.h>

struct text {
  char *bytes;
  size_t length, room;
};

/** Somebody else's bytes. */
struct slice {
  const char *at;
  size_t length;
};

/** @returns where the bytes stand that were added; over when more is added */
char *text_add(struct text *text, const void *bytes, size_t length);
/** Room for so many bytes that the caller writes. */
char *text_more(struct text *text, size_t length);
void text_say(struct text *text, const char *words);
void text_number(struct text *text, unsigned long number);
void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** In quotes, with what JSON forbids in strings replaced by blanks. */
void text_quote(struct text *text, const char *words);
/** Gives its memory back. */
void text_free(struct text *text);

/** Ends the program with a sentence: what cannot happen, or cannot be gone on from. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** @returns memory, all zero; never NULL */
void *allocate(size_t count, size_t size);
