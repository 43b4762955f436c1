// As much of JSON as has to be read of what a bridge says: members of objects, as they stand in the text.
#pragma once
#include "text.h"
#include <stdbool.h>

/** Whether it is one whole object and nothing else. */
bool json_is_object(struct slice text);
/** Whether it is one whole value of any kind. */
bool json_is_value(struct slice text);
/** @param object one that json_is_object @returns the value as it stands there; of length 0 when there is none */
struct slice json_member(struct slice object, const char *name);
/** Whether a value is this string. */
bool json_is(struct slice value, const char *words);
/** All members of the one object, with those of the other in their places or after them. */
void json_assign(struct text *text, struct slice object, struct slice changes);
