#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/digest.h"
#include "tests/fuzz/feed.h"
#include "wire/context.h"
#include "wire/zap.h"

/*
 * Any frames as a question to the doorkeeper: two bytes of length and a frame, again and again. He answers
 * each with six frames and lets in nobody but whom the rule below lets in, which is written from ZAP 1.0 and
 * not from the handler.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 12
#define FRAME_ROOM 512

static struct wire_context *context;
static struct wire_zap *zap;
static void *asker;

/* The owner lets in keys that begin with an even byte. */
static bool allow(void *unused, const char *zone, const struct wire_key *key)
{
	(void)unused;
	ENSURE(*zone && strlen(zone) <= 255);
	return key->public_key[0] % 2 == 0;
}

static void denied(void *unused, const struct wire_zap_denial *denial)
{
	(void)unused;
	for (const char *at = denial->zone; *at; at++)
		ENSURE(*at > ' ' && *at <= '~');
	for (const char *at = denial->address; *at; at++)
		ENSURE(*at > ' ' && *at <= '~');
	ENSURE(*denial->reason);
}

/* czmq waits at the exit for whoever left a socket open. */
static void stop(void)
{
	zmq_close(asker);
	wire_zap_destroy(&zap);
	wire_context_destroy(&context);
}

static void start(void)
{
	const struct wire_zap_options options = {.allow = allow, .denied = denied};
	if (context)
		return;
	digest_start();
	context = wire_context_new();
	ENSURE(context && wire_zap_new(context, &options, &zap) == 0);
	ENSURE((asker = zmq_socket(wire_context_handle(context), ZMQ_DEALER)));
	ENSURE(zmq_connect(asker, "inproc://zeromq.zap.01") == 0);
	ENSURE(atexit(stop) == 0);
}

static bool is_printable(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return text.size > 0;
}

static bool may_come_in(const struct span *frames, size_t count)
{
	if (count != 7 || !span_equal_string(frames[0], "1.0") || !span_equal_string(frames[5], "CURVE"))
		return false;
	for (size_t i = 0; i < count; i++)
		if (frames[i].size > 255)
			return false;
	return is_printable(frames[2]) && frames[6].size == 32 && (uint8_t)frames[6].data[0] % 2 == 0;
}

static void check_answer(const struct span *frames, size_t count)
{
	char answer[8][FRAME_ROOM];
	size_t sizes[8] = {0}, got = 0;
	for (int more = 1; more && got < 8; got++) {
		size_t size_of_more = sizeof(more);
		int size = zmq_recv(asker, answer[got], FRAME_ROOM, ZMQ_DONTWAIT);
		ENSURE(size >= 0 && size <= FRAME_ROOM);
		sizes[got] = (size_t)size;
		ENSURE(zmq_getsockopt(asker, ZMQ_RCVMORE, &more, &size_of_more) == 0);
	}
	bool let_in = may_come_in(frames, count);
	size_t id_size = count > 1 ? frames[1].size < 255 ? frames[1].size : 255 : 0;
	/* The first is the delimiter. */
	ENSURE(got == 7 && sizes[0] == 0 && span_equal_string(span_of(answer[1], sizes[1]), "1.0"));
	ENSURE(sizes[2] == id_size && (id_size == 0 || memcmp(answer[2], frames[1].data, id_size) == 0));
	ENSURE(span_equal_string(span_of(answer[3], sizes[3]), let_in ? "200" : "400"));
	ENSURE(sizes[5] == (let_in ? WIRE_KEY_TEXT_SIZE - 1 : 0) && sizes[6] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	struct span frames[FRAMES_MAX];
	size_t count = 0;
	start();
	while (count < FRAMES_MAX && feed.left > 0)
		frames[count++] = feed_text(&feed);
	if (count == 0)
		return 0;
	ENSURE(zmq_send(asker, "", 0, ZMQ_SNDMORE) == 0);
	for (size_t i = 0; i < count; i++)
		ENSURE(zmq_send(asker, frames[i].data, frames[i].size, i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
	ENSURE(wire_zap_turn(zap) == 0);
	check_answer(frames, count);
	return 0;
}
