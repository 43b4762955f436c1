// SHA-1, for the answer to an upgrade. Source: RFC 3174.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20
#define SHA1_MOST_BYTES 119

/** @param length at most SHA1_MOST_BYTES */
void sha1(const char *bytes, size_t length, uint8_t digest[SHA1_BYTES]);
