#include "daemon/host/scrape.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/host/exposition.h"

struct scrape_text *scrape_text_new(struct buffer *body, struct mono made)
{
	struct scrape_text *self = memory_new(1, sizeof(*self));
	self->holders = 1;
	self->made = made;
	self->body = *body;
	*body = BUFFER_NULL;
	buffer_printf(&self->head,
		"HTTP/1.0 200 OK\r\nContent-Type: " EXPOSITION_CONTENT_TYPE
		"\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		self->body.size);
	return self;
}

void scrape_text_release(struct scrape_text **self)
{
	struct scrape_text *text = *self;
	*self = NULL;
	if (!text || --text->holders > 0)
		return;
	buffer_deinit(&text->head);
	buffer_deinit(&text->body);
	free(text);
}

void scrape_begin(struct scrape *self, int fd, uint64_t number, struct mono now)
{
	REQUIRE(self->state == SCRAPE_FREE);
	*self = (struct scrape){
		.state = SCRAPE_READING,
		.fd = fd,
		.number = number,
		.deadline = mono_add(now, SCRAPE_TIME_US),
	};
}

void scrape_end(struct scrape *self)
{
	REQUIRE(self->state != SCRAPE_FREE);
	scrape_text_release(&self->text);
	close(self->fd);
	self->state = SCRAPE_FREE;
}

void scrape_give(struct scrape *self, struct scrape_text *text)
{
	REQUIRE(self->state == SCRAPE_WAITING && !self->text);
	text->holders++;
	self->text = text;
	self->parts[0] = buffer_span(&text->head);
	self->parts[1] = buffer_span(&text->body);
	self->state = SCRAPE_WRITING;
}

static bool again(ssize_t r)
{
	return r < 0 && (errno == EAGAIN || errno == EINTR);
}

static void judge(struct scrape *self, struct scrape_text *fresh)
{
	enum scrape_verdict verdict = scrape_line_judge(span_of(self->line, self->line_size));
	if (verdict == SCRAPE_UNFINISHED)
		return;
	self->state = SCRAPE_WAITING;
	if (verdict != SCRAPE_METRICS) {
		self->parts[0] = scrape_line_refusal(verdict);
		self->state = SCRAPE_WRITING;
	} else if (fresh) {
		scrape_give(self, fresh);
	}
}

static void read_line(struct scrape *self, struct scrape_text *fresh)
{
	ssize_t r = recv(self->fd, self->line + self->line_size, SCRAPE_LINE_MAX - self->line_size, 0);
	if (again(r))
		return;
	if (r <= 0) {
		self->state = SCRAPE_OVER;
		return;
	}
	self->line_size += (size_t)r;
	judge(self, fresh);
}

static void took(struct scrape *self, size_t size)
{
	for (int i = 0; i < 2; i++) {
		size_t part = size < self->parts[i].size ? size : self->parts[i].size;
		self->parts[i] = span_of(self->parts[i].data + part, self->parts[i].size - part);
		size -= part;
	}
}

static void write_parts(struct scrape *self)
{
	struct iovec parts[2];
	size_t room = SCRAPE_WRITE_MAX;
	for (int i = 0; i < 2; i++) {
		size_t size = self->parts[i].size < room ? self->parts[i].size : room;
		parts[i] = (struct iovec){(void *)self->parts[i].data, size};
		room -= size;
	}
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t r = sendmsg(self->fd, &message, MSG_NOSIGNAL);
	if (again(r))
		return;
	if (r < 0) {
		self->state = SCRAPE_OVER;
		return;
	}
	took(self, (size_t)r);
	if (self->parts[0].size + self->parts[1].size > 0)
		return;
	self->outcome = self->text ? SCRAPE_ANSWERED : SCRAPE_REFUSED;
	scrape_text_release(&self->text);
	self->state = shutdown(self->fd, SHUT_WR) == 0 ? SCRAPE_LEAVING : SCRAPE_OVER;
}

/* Closing at once, with bytes of his unread, would be a reset that can overtake the answer. */
static void throw_away(struct scrape *self)
{
	char rest[4096];
	ssize_t r = recv(self->fd, rest, sizeof(rest), 0);
	if (again(r))
		return;
	if (r > 0)
		self->thrown_away += (size_t)r;
	if (r <= 0 || self->thrown_away > SCRAPE_REST_MAX)
		self->state = SCRAPE_OVER;
}

void scrape_turn(struct scrape *self, struct scrape_text *fresh)
{
	switch (self->state) {
	case SCRAPE_READING:
		read_line(self, fresh);
		return;
	case SCRAPE_WRITING:
		write_parts(self);
		return;
	case SCRAPE_LEAVING:
		throw_away(self);
		return;
	case SCRAPE_WAITING: /* it is only woken when the connection is broken */
		self->state = SCRAPE_OVER;
		return;
	case SCRAPE_FREE:
	case SCRAPE_OVER:
		break;
	}
	UNREACHABLE();
}
