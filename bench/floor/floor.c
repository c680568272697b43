/*
 * The floor: a server that reads and answers memcached's text protocol and Redis' (RESP) and stores
 * nothing. What a request costs here is what the kernel's sockets cost; no server of these protocols
 * that reads and writes through them from one thread can be cheaper.
 *
 *   floor PORT [BYTES]   port 0: any; prints `floor ready memcached=127.0.0.1:PORT pid=PID`;
 *                        values have so many bytes (32); ends when its standard input, if that is a
 *                        pipe, is closed
 *
 * A get of the load generator's keys (16 bytes of name, 8 digits of id) is a hit, built as
 * src/load/workload.ts says, or a miss for ids from 50,000,000 on. A set is read and answered;
 * anything else closes the connection. One thread, epoll, one read and one write for each readiness
 * (several where the replies of one read are longer than the buffer).
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

enum { IN = 1 << 16, OUT = 1 << 20, KEY = 24, ID_AT = 16, ABSENT_FROM = 50000000, MOST_FDS = 4096 };
enum { LEAST_VALUE = 32, MOST_VALUE = 262144, LETTERS = 64, HEAD = 17 };

struct connection { int used; long skip; char in[IN]; };
static struct connection *connections[MOST_FDS];
static char out[OUT], filler[MOST_VALUE + LETTERS];
static int written, value_bytes = LEAST_VALUE;
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void fail(const char *what) { perror(what); exit(1); }

/* 0: the connection is to be closed. */
static int send_out(int fd) {
  for (int sent = 0; sent < written;) {
    ssize_t n = send(fd, out + sent, written - sent, MSG_NOSIGNAL);
    if (n < 0) return 0;
    sent += n;
  }
  written = 0;
  return 1;
}

static inline void answer(const char *text, int length) {
  memcpy(out + written, text, length);
  written += length;
}

/* What is the same in all replies, written once. */
static char line_end_text[16], line_resp[16], value_text[16];
static int line_end_bytes, line_resp_bytes;

static void prepare(void) {
  for (int i = 0; i < (int)sizeof filler; i++) filler[i] = letters[i % LETTERS];
  line_end_bytes = snprintf(line_end_text, sizeof line_end_text, " 0 %d\r\n", value_bytes);
  line_resp_bytes = snprintf(line_resp, sizeof line_resp, "$%d\r\n", value_bytes);
  snprintf(value_text, sizeof value_text, " %06d 0", value_bytes);
}

static void answer_get(const char *key, int is_resp) {
  long id = strtol(key + ID_AT, NULL, 10);
  if (id >= ABSENT_FROM) return answer(is_resp ? "$-1\r\n" : "END\r\n", 5);
  if (is_resp) {
    answer(line_resp, line_resp_bytes);
  } else {
    answer("VALUE ", 6);
    answer(key, KEY);
    answer(line_end_text, line_end_bytes);
  }
  answer(key + ID_AT, 8);
  answer(value_text, HEAD - 8);
  answer(filler + (id & (LETTERS - 1)), value_bytes - HEAD - 1);
  answer(is_resp ? "0\r\n" : "0\r\nEND\r\n", is_resp ? 3 : 8);
}

/* The bytes of the text request at `at`, what is to be skipped in `skip`; 0: not whole, -1: none. */
static int read_text(char *at, char *end, long *skip) {
  char *line_end = memchr(at, '\n', end - at);
  if (line_end == NULL) return 0;
  if (line_end - at > KEY + 4 && memcmp(at, "get ", 4) == 0) {
    answer_get(at + 4, 0);
  } else if (line_end - at > KEY + 10 && memcmp(at, "set ", 4) == 0) {
    *skip = strtol(memrchr(at, ' ', line_end - at), NULL, 10) + 2;
    answer("STORED\r\n", 8);
  } else {
    return -1;
  }
  return line_end + 1 - at;
}

/* `*2 $3 GET $24 KEY` and `*3 $3 SET $24 KEY $BYTES VALUE`, each part with its line break; with an
   expiry of one digit it is `*5` and `$2 EX $1 1` at the end. */
static int read_resp(char *at, char *end, long *skip) {
  enum { KEY_AT = 18, REQUEST = KEY_AT + KEY + 2 };
  if (end - at < REQUEST) return 0;
  if (memcmp(at + 8, "GET\r\n$24\r\n", 10) == 0) {
    answer_get(at + KEY_AT, 1);
    return REQUEST;
  }
  if (memcmp(at + 2, "\r\n$3\r\nSET\r\n$24\r\n", KEY_AT - 2) != 0) return -1;
  char *line_end = memchr(at + REQUEST, '\n', end - at - REQUEST);
  if (line_end == NULL) return 0;
  *skip = strtol(at + REQUEST + 1, NULL, 10) + 2 + (at[1] == '5' ? 15 : 0);
  answer("+OK\r\n", 5);
  return line_end + 1 - at;
}

/* Answers the whole requests in the buffer, keeps the rest; 0: the connection is to be closed. */
static int serve(int fd, struct connection *c) {
  char *at = c->in, *end = c->in + c->used;
  for (;;) {
    long skipped = c->skip < end - at ? c->skip : end - at;
    at += skipped;
    c->skip -= skipped;
    if (c->skip > 0 || at == end) break;
    if (written + value_bytes + 128 > OUT && !send_out(fd)) return 0;
    int read = *at == '*' ? read_resp(at, end, &c->skip) : read_text(at, end, &c->skip);
    if (read < 0) return 0;
    if (read == 0) break;
    at += read;
  }
  c->used = end - at;
  memmove(c->in, at, c->used);
  return send_out(fd) && c->used < IN;
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
  address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
  if (argc > 2) value_bytes = atoi(argv[2]);
  if (value_bytes < LEAST_VALUE || value_bytes > MOST_VALUE) return fputs("bad BYTES\n", stderr), 2;
  prepare();
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
      if (n == 0 || (n < 0 && errno != EINTR) || !serve(fd, c)) { written = 0; close(fd); }
    }
  }
}
