// The least of WebSocket that a generator of load needs. It is apart from the product's own framing on purpose: a fault
// there must not be answered by the same fault here.
#pragma once
#include "link.h"
#include <stdbool.h>

enum opcode { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

/** All four bytes of a mask are this one: unmasking costs the bridge the same. */
#define MASK 0x37

/** Adds one whole frame. */
void add_frame(struct text *text, enum opcode opcode, const char *payload, size_t length, bool is_masked);

/** Told of a frame; its payload, unmasked, is over when the call returns. */
typedef void frame_hearer(struct link *link, int opcode, char *payload, size_t length);
/** @returns how many bytes were whole frames */
size_t cut_frames(struct link *link, char *bytes, size_t length, frame_hearer *on_frame);

/** @returns how long the head of an HTTP message is, with its empty line; 0 when it is not whole yet */
size_t head_length(const char *bytes, size_t length);
/** The words of a client that asks for an upgrade. @param lines more lines of the head, each with its end */
void add_upgrade(struct text *text, const char *target, const char *lines);
/** The words of a server that agrees to the upgrade this head asks for. */
void add_agreement(struct text *text, const char *head, size_t length);
/** @returns false when the head is no agreement to an upgrade */
bool is_agreement(const char *head, size_t length);
