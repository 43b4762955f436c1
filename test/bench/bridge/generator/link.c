#include "link.h"
#include "timers.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (256 << 10)
/** What is read in one go is short, so that frames which fall due in the meantime are not late. */
#define MOST_EVENTS 32

int64_t arrived_us;
static int watched = -1;
/** One room for all reading: what was left of a link, then what is new. */
static char room[MOST_MESSAGE_BYTES + 16 + READ_BYTES];

void links_begin(void) {
  watched = epoll_create1(EPOLL_CLOEXEC);
  if (watched < 0) give_up("Sockets cannot be watched: %s.", strerror(errno));
}

static void watch_for(struct link *link, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = link};
  if (epoll_ctl(watched, operation, link->fd, &event) != 0) give_up("A socket cannot be watched: %s.", strerror(errno));
}

void link_begin(struct link *link, const struct link_kind *kind, int fd) {
  *link = (struct link){.kind = kind, .fd = fd};
  int on = 1;
  if (!kind->on_ready) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  }
  watch_for(link, EPOLL_CTL_ADD, EPOLLIN);
}

bool link_connect(struct link *link, const struct link_kind *kind, const char *address, int port) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  *link = (struct link){.kind = kind, .fd = -1};
  errno = EINVAL;
  if (inet_pton(AF_INET, address, &there.sin_addr) != 1) return false;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  if (connect(fd, (struct sockaddr *)&there, sizeof there) != 0 && errno != EINPROGRESS) {
    int why = errno;
    close(fd);
    errno = why;
    return false;
  }
  link_begin(link, kind, fd);
  return true;
}

static void lose(struct link *link, const char *why, bool is_misused) {
  if (link->fd < 0) return;
  close(link->fd);
  link->fd = -1;
  text_free(&link->rest);
  text_free(&link->unsent);
  link->kind->on_lost(link, why, is_misused);
}

void link_misused(struct link *link, const char *why) { lose(link, why, true); }

/** @returns how many bytes went; -1 when the link broke */
static ssize_t send_now(struct link *link, const char *bytes, size_t length) {
  ssize_t sent = send(link->fd, bytes, length, MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  if (errno == EAGAIN || errno == EINTR) return 0;
  lose(link, strerror(errno), false);
  return -1;
}

void link_send(struct link *link, const void *bytes, size_t length) {
  if (link->fd < 0) return;
  ssize_t sent = 0;
  bool waits = link->unsent.length > 0;
  if (!waits) sent = send_now(link, bytes, length);
  if (sent < 0 || (size_t)sent == length) return;
  if (link->unsent.length - link->gone + length > MOST_UNSENT_BYTES) {
    link_misused(link, "The bridge reads nothing any more.");
    return;
  }
  text_add(&link->unsent, (const char *)bytes + sent, length - (size_t)sent);
  if (!waits) watch_for(link, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void send_kept(struct link *link) {
  struct text *unsent = &link->unsent;
  ssize_t sent = send_now(link, unsent->bytes + link->gone, unsent->length - link->gone);
  if (sent < 0) return;
  link->gone += (size_t)sent;
  if (link->gone == unsent->length) {
    text_free(unsent);
    link->gone = 0;
    watch_for(link, EPOLL_CTL_MOD, EPOLLIN);
  } else if (link->gone > MOST_UNSENT_BYTES) {
    memmove(unsent->bytes, unsent->bytes + link->gone, unsent->length - link->gone);
    unsent->length -= link->gone;
    link->gone = 0;
  }
}

/** The kernel tells it on the clock of the day, which is brought to the one that all stamps are of. */
static int64_t arrival_of(struct msghdr *message) {
  int64_t read_us = now_us();
  struct cmsghdr *head = CMSG_FIRSTHDR(message);
  if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_TIMESTAMPNS) return read_us;
  struct timespec came, now;
  memcpy(&came, CMSG_DATA(head), sizeof came);
  clock_gettime(CLOCK_REALTIME, &now);
  return read_us - ((now.tv_sec - came.tv_sec) * 1000000LL + (now.tv_nsec - came.tv_nsec) / 1000);
}

static void receive(struct link *link) {
  size_t kept = link->rest.length;
  if (kept > 0) memcpy(room, link->rest.bytes, kept);
  char told[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec to = {.iov_base = room + kept, .iov_len = READ_BYTES};
  struct msghdr message = {.msg_iov = &to, .msg_iovlen = 1, .msg_control = told, .msg_controllen = sizeof told};
  ssize_t came = recvmsg(link->fd, &message, 0);
  if (came < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (came <= 0) {
    lose(link, came == 0 ? "The bridge closed the socket." : strerror(errno), false);
    return;
  }
  arrived_us = arrival_of(&message);
  size_t length = kept + (size_t)came;
  size_t done = link->kind->on_bytes(link, room, length);
  if (link->fd < 0) return;
  if (length - done > sizeof room - READ_BYTES) {
    link_misused(link, "The bridge sent a message that is too long.");
    return;
  }
  link->rest.length = 0;
  if (done < length) text_add(&link->rest, room + done, length - done);
  else if (kept > 0) text_free(&link->rest);
}

bool links_wait(long wait_us) {
  struct epoll_event events[MOST_EVENTS];
  struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
  int count = epoll_pwait2(watched, events, MOST_EVENTS, &wait, NULL);
  if (count < 0 && errno != EINTR) give_up("Sockets cannot be waited for: %s.", strerror(errno));
  for (int i = 0; i < count; i++) {
    struct link *link = events[i].data.ptr;
    if (link->fd >= 0 && (events[i].events & EPOLLOUT) && link->unsent.length > 0) send_kept(link);
    if (link->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
      if (link->kind->on_ready) link->kind->on_ready(link);
      else receive(link);
    }
  }
  return count == MOST_EVENTS;
}
