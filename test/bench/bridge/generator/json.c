#include "json.h"
#include <ctype.h>
#include <string.h>

/** Values deeper than this are taken for no JSON. */
#define MOST_DEEP 64

struct reader {
  const char *at, *end;
};

static void skip_blanks(struct reader *reader) {
  while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at) reader->at++;
}

static bool take(struct reader *reader, char letter) {
  skip_blanks(reader);
  if (reader->at == reader->end || *reader->at != letter) return false;
  reader->at++;
  return true;
}

static bool skip_string(struct reader *reader) {
  if (!take(reader, '"')) return false;
  for (; reader->at < reader->end; reader->at++) {
    if (*reader->at == '"') return reader->at++, true;
    if (*reader->at == '\\' && ++reader->at == reader->end) return false;
    if ((unsigned char)*reader->at < ' ') return false;
  }
  return false;
}

/** Numbers and the three words; which exactly matters to nobody here. */
static bool skip_plain(struct reader *reader) {
  const char *begin = reader->at;
  while (reader->at < reader->end && (isalnum((unsigned char)*reader->at) || strchr("+-.", *reader->at)) && *reader->at)
    reader->at++;
  return reader->at > begin;
}

static bool skip_value(struct reader *reader, int deep) {
  skip_blanks(reader);
  if (reader->at == reader->end || deep > MOST_DEEP) return false;
  char first = *reader->at;
  if (first == '"') return skip_string(reader);
  if (first != '{' && first != '[') return skip_plain(reader);
  char last = first == '{' ? '}' : ']';
  reader->at++;
  if (take(reader, last)) return true;
  do {
    if (first == '{' && !(skip_string(reader) && take(reader, ':'))) return false;
    if (!skip_value(reader, deep + 1)) return false;
  } while (take(reader, ','));
  return take(reader, last);
}

bool json_is_value(struct slice text) {
  struct reader reader = {text.at, text.at + text.length};
  if (!skip_value(&reader, 0)) return false;
  skip_blanks(&reader);
  return reader.at == reader.end;
}

bool json_is_object(struct slice text) {
  struct reader reader = {text.at, text.at + text.length};
  return take(&reader, '{') && json_is_value(text);
}

static struct slice between(const char *at, const char *end) { return (struct slice){at, (size_t)(end - at)}; }

/** One after the other. @param reader after the opening bracket, or after a value @returns false after the last */
static bool next_member(struct reader *reader, struct slice *name, struct slice *value) {
  take(reader, ',');
  skip_blanks(reader);
  const char *begin = reader->at;
  if (!skip_string(reader)) return false;
  *name = between(begin + 1, reader->at - 1);
  take(reader, ':');
  skip_blanks(reader);
  begin = reader->at;
  if (!skip_value(reader, 0)) return false;
  *value = between(begin, reader->at);
  return true;
}

static struct reader inside(struct slice object) {
  struct reader reader = {object.at, object.at + object.length};
  take(&reader, '{');
  return reader;
}

static struct slice member(struct slice object, struct slice wanted) {
  struct reader reader = inside(object);
  struct slice name, value, found = {0};
  while (next_member(&reader, &name, &value))
    if (name.length == wanted.length && memcmp(name.at, wanted.at, name.length) == 0) found = value;
  return found;
}

struct slice json_member(struct slice object, const char *name) {
  return member(object, (struct slice){name, strlen(name)});
}

bool json_is(struct slice value, const char *words) {
  size_t length = strlen(words);
  return value.length == length + 2 && value.at[0] == '"' && memcmp(value.at + 1, words, length) == 0;
}

static void add_member(struct text *text, struct slice name, struct slice value) {
  text_say(text, text->length > 0 && text->bytes[text->length - 1] != '{' ? ",\"" : "\"");
  text_add(text, name.at, name.length);
  text_say(text, "\":");
  text_add(text, value.at, value.length);
}

void json_assign(struct text *text, struct slice object, struct slice changes) {
  struct slice name, value;
  text_say(text, "{");
  for (struct reader reader = inside(object); next_member(&reader, &name, &value);) {
    struct slice changed = member(changes, name);
    add_member(text, name, changed.length > 0 ? changed : value);
  }
  for (struct reader reader = inside(changes); next_member(&reader, &name, &value);)
    if (member(object, name).length == 0) add_member(text, name, value);
  text_say(text, "}");
}
