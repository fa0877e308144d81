#include "base/assert.h"
#include "client/reading.h"
#include "client/session_watch.h"
#include "client/session_worker.h"
#include "tests/fuzz/feed.h"

/*
 * A daemon that may say anything at any time, to a worker and to a watcher. The bytes are what happens, one
 * act after another; both sessions live through the same. Whatever a session says must be a message that the
 * protocol lets its side send, and whatever it hands to its owner must be readable to the last field.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RESEND_US (10 * US_PER_S)
#define ACTS_MAX  200

struct life {
	struct session *session;
	struct mono now;
	int64_t last_req; /* of what the session said last */
	uint64_t touched;
};

static void hear(struct life *self)
{
	char kind[KIND_FRAME_SIZE];
	struct span frames[2];
	struct message message;
	struct refusal refusal;
	for (int i = 0; i < 8 && session_frame(self->session, kind, &frames[0], &frames[1]); i++) {
		ENSURE(message_decode(frames[0], frames[1], &message, &refusal));
		ENSURE(!(kind_info((uint8_t)message.kind)->senders & SENDER_DAEMON));
		self->last_req = message_number(&message, FIELD_REQ, self->last_req);
		session_sent(self->session, self->now);
	}
}

/* A kind and a map as they stand; or an answer to what was said last, with a cursor or a code. */
static void speak(struct life *self, struct feed *feed, bool as_answer)
{
	char head[KIND_FRAME_SIZE];
	uint8_t kind = feed_byte(feed);
	struct span map = feed_text(feed);
	struct buffer answer = BUFFER_NULL;
	if (as_answer) {
		struct writer writer;
		writer_begin(&writer, &answer);
		writer_number(&writer, FIELD_REQ, self->last_req);
		if (kind == KIND_ERROR || kind == KIND_BUSY) {
			writer_text(&writer, FIELD_CODE, SPAN_LITERAL("not-ready"));
			writer_text(&writer, FIELD_TEXT, SPAN_LITERAL("x"));
		}
		if (kind == KIND_BUSY)
			writer_number(&writer, FIELD_RETRY_MS, (int64_t)map.size);
		if (kind == KIND_CONFIRM)
			writer_number(&writer, FIELD_CURSOR, (int64_t)map.size);
		writer_end(&writer);
		map = buffer_span(&answer);
	}
	memcpy(head, "WZP1", 4);
	head[4] = (char)kind;
	session_receive(self->session, self->now, span_of(head, sizeof(head)), map);
	buffer_deinit(&answer);
}

static void touch(struct life *self, const char *text)
{
	for (; text && *text; text++)
		self->touched += (uint8_t)*text;
}

static void read_list(struct life *self, struct reading *reading)
{
	size_t count;
	const struct message *message = &reading->result->message;
	struct wz_case *list = reading_list(reading, sizeof(*list), &count);
	struct field_value rest = message->values[FIELD_ITEMS];
	struct message item;
	for (size_t i = 0; i < count && message_items_next(&rest, &item); i++) {
		reading_case(reading, &item, &list[i]);
		touch(self, list[i].case_number);
		touch(self, list[i].body);
	}
}

static void fetch(struct life *self, int64_t ticket)
{
	struct result *result = session_take_result(self->session, ticket);
	struct reading reading = {0};
	if (!result)
		return;
	bool as_case = result->message.kind == KIND_OFFER || result->message.kind == KIND_DOSSIER;
	reading_begin(&reading, result);
	if (as_case) {
		struct wz_case offer;
		reading_case(&reading, &result->message, &offer);
		touch(self, offer.title);
		touch(self, offer.body);
	} else if (result->message.kind != KIND_LIST) {
		struct wz_event event;
		reading_event(&reading, &result->message, &event);
		touch(self, event.reply);
		touch(self, event.text);
	}
	/* An answer of any kind may bring a list, also one that asks for none. */
	if (message_has(&result->message, FIELD_ITEMS) && !as_case)
		read_list(self, &reading);
	reading_deinit(&reading);
}

static void request(struct life *self)
{
	struct writer writer;
	(void)session_begin(self->session, KIND_TAKE, PURPOSE_OWNER, &writer);
	writer_text(&writer, FIELD_CASE, SPAN_LITERAL("20260105-000001-1"));
	writer_number(&writer, FIELD_EPOCH, 4);
	session_end(&writer);
}

static void act(struct life *self, struct feed *feed)
{
	switch (feed_byte(feed) % 8) {
	case 0:
		if (self->session->state == SESSION_DOWN)
			session_up(self->session, self->now);
		break;
	case 1:
		session_down(self->session);
		break;
	case 2:
		self->now.us += (int64_t)feed_u16(feed) * US_PER_MS;
		session_tick(self->session, self->now);
		break;
	case 3:
		hear(self);
		break;
	case 4:
		speak(self, feed, false);
		break;
	case 5:
		speak(self, feed, true);
		break;
	case 6:
		request(self);
		break;
	default:
		fetch(self, feed_byte(feed) % 4);
	}
	ENSURE(self->session->requests.count <= ACTS_MAX + 8);
	(void)session_wakeup(self->session);
	(void)session_is_stalled(self->session, self->now);
}

static void live(struct session *session, const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	struct life self = {.session = session, .now = {1000 * US_PER_S}};
	for (int i = 0; i < ACTS_MAX && feed.left > 0; i++)
		act(&self, &feed);
	while (self.session->results)
		fetch(&self, 0);
	ENSURE(self.session->results_count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct session_worker_options options = {.incarnation = 7, .credit = 3, .resend_us = RESEND_US};
	struct session_worker worker;
	struct session_watch watch;
	session_worker_init(&worker, &options);
	live(&worker.session, data, size);
	session_worker_deinit(&worker);
	session_watch_init(&watch, RESEND_US);
	session_watch_start(&watch, -1);
	live(&watch.session, data, size);
	session_watch_seen(&watch, INT64_MAX);
	session_watch_deinit(&watch);
	return 0;
}
