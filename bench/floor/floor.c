/*
 * The floor: a server that reads and answers memcached's text protocol and stores nothing. What a
 * request costs here is what the kernel's sockets cost; no server of this protocol that reads and
 * writes through them from one thread can be cheaper.
 *
 *   floor PORT      port 0: any; prints `floor ready memcached=127.0.0.1:PORT pid=PID`;
 *                   ends when its standard input, if that is a pipe, is closed
 *
 * A get of the load generator's keys (16 bytes of name, 8 digits of id) is a hit of 32 bytes, built
 * as src/load/workload.ts says, or a miss for ids from 50,000,000 on. A set is read and answered
 * STORED; anything else closes the connection. One thread, epoll, one read and one write for each
 * readiness.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN = 1 << 16, KEY = 24, ID_AT = 16, ABSENT_FROM = 50000000, VALUE = 32, MOST_FDS = 4096 };

struct connection { int used; long skip; char in[IN]; };
static struct connection *connections[MOST_FDS];
static char out[IN * 4];
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                               "ABCDEFGHIJKLMNOP";

static void fail(const char *what) { perror(what); exit(1); }

static int answer_get(char *to, const char *key) {
  long id = strtol(key + ID_AT, NULL, 10);
  if (id >= ABSENT_FROM) return memcpy(to, "END\r\n", 5), 5;
  char *at = to;
  at = mempcpy(at, "VALUE ", 6);
  at = mempcpy(at, key, KEY);
  at = mempcpy(at, " 0 32\r\n", 7);
  at = mempcpy(at, key + ID_AT, 8);
  at = mempcpy(at, " 00032 0", 8);
  at = mempcpy(at, alphabet + (id & 63), VALUE - 17);
  at = mempcpy(at, "0\r\nEND\r\n", 8);
  return at - to;
}

/* Answers the whole requests in the buffer, keeps the rest; 0: the connection is to be closed. */
static int serve(int fd, struct connection *c) {
  char *at = c->in, *end = c->in + c->used, *line_end;
  int written = 0;
  for (;;) {
    long skipped = c->skip < end - at ? c->skip : end - at;
    at += skipped;
    c->skip -= skipped;
    if (c->skip > 0 || at == end || (line_end = memchr(at, '\n', end - at)) == NULL) break;
    if (line_end - at > KEY + 4 && memcmp(at, "get ", 4) == 0) {
      written += answer_get(out + written, at + 4);
    } else if (line_end - at > KEY + 10 && memcmp(at, "set ", 4) == 0) {
      char *space = memrchr(at, ' ', line_end - at);
      c->skip = strtol(space, NULL, 10) + 2;
      memcpy(out + written, "STORED\r\n", 8);
      written += 8;
    } else {
      return 0;
    }
    at = line_end + 1;
  }
  c->used = end - at;
  memmove(c->in, at, c->used);
  for (int sent = 0; sent < written;) {
    ssize_t n = send(fd, out + sent, written - sent, MSG_NOSIGNAL);
    if (n < 0) return 0;
    sent += n;
  }
  return c->used < IN;
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
  address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void *)&address, size) < 0 || listen(listener, 1024) < 0) fail("listen");
  getsockname(listener, (void *)&address, &size);
  printf("floor ready memcached=127.0.0.1:%d pid=%d\n", ntohs(address.sin_port), getpid());
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  event.data.fd = STDIN_FILENO;
  epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  for (;;) {
    int count = epoll_wait(poll, ready, 256, -1);
    for (int i = 0; i < count; i++) {
      int fd = ready[i].data.fd;
      if (fd == STDIN_FILENO) {
        if (read(fd, out, sizeof out) <= 0) return 0;
        continue;
      }
      if (fd == listener) {
        int accepted = accept(listener, NULL, NULL);
        if (accepted < 0 || accepted >= MOST_FDS) { if (accepted >= 0) close(accepted); continue; }
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connections[accepted] == NULL) connections[accepted] = malloc(sizeof **connections);
        connections[accepted]->used = connections[accepted]->skip = 0;
        event.data.fd = accepted;
        epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &event);
        continue;
      }
      struct connection *c = connections[fd];
      ssize_t n = recv(fd, c->in + c->used, IN - c->used, 0);
      if (n > 0) c->used += n;
      if (n == 0 || (n < 0 && errno != EINTR) || !serve(fd, c)) close(fd);
    }
  }
}
