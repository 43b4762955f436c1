// Base64, for sound and for the key of an upgrade.
#pragma once
#include "text.h"
#include <stdint.h>

void add_base64(struct text *text, const uint8_t *bytes, size_t length);
/** Up to the first character that is none of base64. @returns how many bytes it was, of as many as there is room for */
size_t read_base64(const char *text, size_t length, uint8_t *bytes, size_t room);
