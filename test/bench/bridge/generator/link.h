// A socket that never waits: what cannot be sent yet is kept and sent in its order, what is not whole yet is kept and
// given again with what follows it.
#pragma once
#include "text.h"
#include <stdbool.h>
#include <stdint.h>

struct link;
struct link_kind {
  /** @returns how many of these bytes are done with; what comes next is given together with the rest */
  size_t (*on_bytes)(struct link *, char *bytes, size_t length);
  /** It is closed, once. @param is_misused not because a bridge may end it, but because of what it did with it */
  void (*on_lost)(struct link *, const char *why, bool is_misused);
  /** For what is no stream of bytes: called instead of both when there is something. */
  void (*on_ready)(struct link *);
};

struct link {
  const struct link_kind *kind;
  /** -1 when it is closed: then nothing is sent and nothing comes. */
  int fd;
  struct text rest;
  struct text unsent;
  /** So many bytes of these are gone by now. */
  size_t gone;
};

/** Of one message from a bridge, and of what a bridge leaves unread. More breaks the link. */
#define MOST_MESSAGE_BYTES (1 << 20)
#define MOST_UNSENT_BYTES (4 << 20)

/** Where all links are watched. Before everything else. */
void links_begin(void);
/** Waits until something happens, for so long at most, and does some of it. @returns whether there may be more */
bool links_wait(long wait_us);
/** When what is being read came to its socket. By the kernel: how late it is read is no delay of the bridge. */
extern int64_t arrived_us;
/** From now on it is watched. */
void link_begin(struct link *link, const struct link_kind *kind, int fd);
/** Connects to a port of an IPv4 address; what is sent before it stands is kept. @returns false, and errno, when it cannot */
bool link_connect(struct link *link, const struct link_kind *kind, const char *address, int port);
void link_send(struct link *link, const void *bytes, size_t length);
/** The bridge did with it what it must not: closes it, and says so to whom it belongs. */
void link_misused(struct link *link, const char *why);
