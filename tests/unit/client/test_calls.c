#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "client/loop.h"
#include "client/wenzheng/portal.h"
#include "client/wenzheng/watcher.h"
#include "client/wenzheng/worker.h"
#include "proto/message.h"
#include "wire/poll.h"

/*
 * The library's calls over a wire that is the test's own (linked with --wrap, see client/CMakeLists.txt): a
 * daemon that answers at once, with what the test wants it to, or a connection that fails.
 */
static struct {
	enum wire_client_status status;
	int status_outcome, receive_outcome, send_outcome, retry_outcome, poll_outcome;
	bool no_context;
	bool silent;	   /* it answers nothing but greetings */
	enum kind answer;  /* to whatever is asked; 0: what fits */
	const char *error; /* code of an ERROR */
	int64_t items;	   /* that a LIST has; -1: none at all */
	bool more;
	size_t extra_frames;
	int randoms_cut; /* calls of getrandom that give too little */
	struct {
		struct buffer map;
		enum kind kind;
	} queue[8];
	size_t queued, taken;
	bool wake;
} wire;

static int client_token;

struct wire_context *__wrap_wire_context_new_apart(void);
struct wire_context *__wrap_wire_context_new_apart(void)
{
	return wire.no_context ? NULL : (struct wire_context *)&client_token;
}

void __wrap_wire_context_destroy(struct wire_context **self);
void __wrap_wire_context_destroy(struct wire_context **self)
{
	*self = NULL;
}

bool __wrap_wire_client_new(struct wire_context *context, const struct wire_client_options *options,
	struct wire_client **ret_client, struct fault *fault);
bool __wrap_wire_client_new(struct wire_context *context, const struct wire_client_options *options,
	struct wire_client **ret_client, struct fault *fault)
{
	(void)context;
	(void)options;
	(void)fault;
	*ret_client = (struct wire_client *)&client_token;
	return true;
}

void __wrap_wire_client_destroy(struct wire_client **self);
void __wrap_wire_client_destroy(struct wire_client **self)
{
	*self = NULL;
}

void *__wrap_wire_client_socket(const struct wire_client *self);
void *__wrap_wire_client_socket(const struct wire_client *self)
{
	return (void *)(uintptr_t)self;
}

void *__wrap_wire_client_monitor(const struct wire_client *self);
void *__wrap_wire_client_monitor(const struct wire_client *self)
{
	return (void *)(uintptr_t)self;
}

uint64_t __wrap_wire_client_connections(const struct wire_client *self);
uint64_t __wrap_wire_client_connections(const struct wire_client *self)
{
	(void)self;
	return 1;
}

int __wrap_wire_client_status(struct wire_client *self, enum wire_client_status *ret_status);
int __wrap_wire_client_status(struct wire_client *self, enum wire_client_status *ret_status)
{
	(void)self;
	*ret_status = wire.status;
	return wire.status_outcome;
}

int __wrap_wire_client_retry(struct wire_client *self);
int __wrap_wire_client_retry(struct wire_client *self)
{
	(void)self;
	return wire.retry_outcome;
}

int __wrap_wire_poll(struct wire_poll_item *items, size_t count, int64_t timeout_ms);
int __wrap_wire_poll(struct wire_poll_item *items, size_t count, int64_t timeout_ms)
{
	(void)timeout_ms;
	for (size_t i = 0; i < count; i++)
		items[i].readable = i == 2 && wire.wake;
	return wire.poll_outcome;
}

int __wrap_wire_client_receive(struct wire_client *self, struct wire_message *ret_message);
int __wrap_wire_client_receive(struct wire_client *self, struct wire_message *ret_message)
{
	static char kind[KIND_FRAME_SIZE];
	(void)self;
	if (wire.receive_outcome != 0)
		return wire.receive_outcome;
	if (wire.taken == wire.queued)
		return WIRE_EMPTY;
	ret_message->frames[0] = message_kind_frame(wire.queue[wire.taken].kind, kind);
	ret_message->frames[1] = buffer_span(&wire.queue[wire.taken].map);
	ret_message->frame_count = 2 + wire.extra_frames;
	ret_message->too_many_frames = wire.extra_frames > 1;
	wire.taken++;
	return 0;
}

static enum kind usual_answer(enum kind asked)
{
	switch (asked) {
	case KIND_READY:
		return KIND_WELCOME;
	case KIND_SUBMIT:
		return KIND_RECEIPT;
	case KIND_QUERY:
		return KIND_DOSSIER;
	case KIND_DIRECTORY:
	case KIND_HELD:
		return KIND_LIST;
	case KIND_BEAT:
		return KIND_PULSE;
	default:
		return KIND_CONFIRM;
	}
}

static void write_required(struct writer *writer, enum kind kind, int64_t req)
{
	for (const enum field *field = kind_required(kind); *field != FIELD_TOTAL; field++) {
		if (*field == FIELD_REQ)
			continue; /* written first */
		switch (field_infos[*field].type) {
		case TYPE_COUNT:
			writer_number(writer, *field, 1000);
			break;
		case TYPE_TIME:
			writer_time(writer, *field, (struct instant){req});
			break;
		case TYPE_FLAG:
			writer_flag(writer, *field, *field == FIELD_MORE && wire.more);
			break;
		case TYPE_LINES:
			writer_lines(writer, *field, &SPAN_LITERAL("edu"), 1);
			break;
		case TYPE_ITEMS:
			writer_items_begin(writer);
			for (int64_t i = 0; i < wire.items; i++) {
				writer_item_begin(writer);
				writer_text(writer, FIELD_CASE, SPAN_LITERAL("20260914-000001-7"));
				writer_item_end(writer);
			}
			writer_items_end(writer);
			break;
		default:
			writer_text(writer, *field,
				*field == FIELD_CODE && wire.error ? span_of_string(wire.error)
								   : SPAN_LITERAL("x"));
		}
	}
}

static void queue_up(enum kind kind, int64_t req)
{
	struct writer writer;
	assert_true(wire.queued < 8);
	wire.queue[wire.queued].kind = kind;
	buffer_clear(&wire.queue[wire.queued].map);
	writer_begin(&writer, &wire.queue[wire.queued].map);
	if (req >= 0)
		writer_number(&writer, FIELD_REQ, req);
	write_required(&writer, kind, req);
	if (kind == KIND_LIST && wire.more)
		writer_text(&writer, FIELD_AFTER, SPAN_LITERAL("20260914-000001-7"));
	writer_end(&writer);
	wire.queued++;
}

int __wrap_wire_client_send(struct wire_client *self, const struct span *frames, size_t count);
int __wrap_wire_client_send(struct wire_client *self, const struct span *frames, size_t count)
{
	struct message message;
	struct refusal refusal;
	(void)self;
	assert_int_equal(count, 2);
	if (wire.send_outcome != 0)
		return wire.send_outcome;
	assert_true(message_decode(frames[0], frames[1], &message, &refusal));
	bool greeting = message.kind == KIND_READY || message.kind == KIND_WATCH;
	if (wire.silent && !greeting)
		return 0;
	if (wire.taken == wire.queued)
		wire.taken = wire.queued = 0;
	queue_up(greeting || !wire.answer ? usual_answer(message.kind) : wire.answer,
		message_number(&message, FIELD_REQ, -1));
	return 0;
}

ssize_t __real_getrandom(void *data, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *data, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *data, size_t size, unsigned flags)
{
	return wire.randoms_cut > 0 ? wire.randoms_cut--, 1 : __real_getrandom(data, size, flags);
}

#define KEY_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

static struct wz_connection_options options(void)
{
	struct wz_connection_options options = WZ_CONNECTION_OPTIONS;
	options.endpoint = "tcp://127.0.0.1:1";
	options.server_key = KEY_PUBLIC;
	options.public_key = KEY_PUBLIC;
	options.secret_key = KEY_SECRET;
	return options;
}

static struct wz_portal *portal;
static struct wz_worker *worker;
static struct wz_watcher *watcher;
static const struct wz_message message = {.id = "m", .title = "t", .body = "b"};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++)
		buffer_deinit(&wire.queue[i].map);
	memset(&wire, 0, sizeof(wire));
	wire.status = WIRE_CLIENT_CONNECTED;
	struct wz_connection_options where = options();
	struct wz_worker_options serves = {.credit = 1};
	struct wz_error error;
	assert_int_equal(wz_portal_new(&where, &portal, &error), WZ_OK);
	wire.randoms_cut = 2; /* as many as it takes: an incarnation is never half drawn */
	assert_int_equal(wz_worker_new(&where, &serves, &worker, &error), WZ_OK);
	assert_int_equal(wire.randoms_cut, 0);
	assert_int_equal(wz_watcher_new(&where, &watcher, &error), WZ_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* twice: nothing to do */
		wz_portal_destroy(&portal);
		wz_worker_destroy(&worker);
		wz_watcher_destroy(&watcher);
	}
	for (size_t i = 0; i < 8; i++)
		buffer_deinit(&wire.queue[i].map);
	return 0;
}

static void a_connection_that_fails_is_fatal_wherever_it_does(void **state)
{
	(void)state;
	int *const outcomes[] = {
		&wire.status_outcome, &wire.receive_outcome, &wire.send_outcome, &wire.poll_outcome};
	struct wz_receipt receipt;
	wire.silent = true;
	for (size_t i = 0; i < 4; i++) {
		*outcomes[i] = -ENOTSOCK;
		assert_int_equal(wz_portal_submit(portal, &message, 100, &receipt), WZ_FATAL);
		assert_int_equal(wz_portal_error(portal)->outcome, WZ_FATAL);
		*outcomes[i] = 0;
	}
	wire.status = WIRE_CLIENT_REFUSED;
	assert_int_equal(wz_portal_submit(portal, &message, 100, &receipt), WZ_KEY_REFUSED);
	wire.retry_outcome = -ENOTSOCK;
	assert_int_equal(wz_portal_submit(portal, &message, 3000, &receipt), WZ_FATAL);
}

static void without_a_context_there_is_no_library(void **state)
{
	(void)state;
	struct wz_connection_options where = options();
	struct wz_worker_options serves = {.credit = 1};
	struct wz_portal *no_portal = NULL;
	struct wz_worker *no_worker = NULL;
	struct wz_watcher *no_watcher = NULL;
	struct wz_error error;
	wire.no_context = true;
	assert_true(wz_portal_new(&where, &no_portal, &error) != WZ_OK);
	assert_non_null(strstr(error.text, "file descriptors"));
	assert_true(wz_worker_new(&where, &serves, &no_worker, &error) != WZ_OK);
	assert_true(wz_watcher_new(&where, &no_watcher, &error) != WZ_OK);
	assert_true(!no_portal && !no_worker && !no_watcher);
}

static void what_is_wrong_with_a_workers_wishes_is_named(void **state)
{
	(void)state;
	static const char *many[257];
	static const char *nul[] = {""};
	struct wz_connection_options where = options();
	struct wz_worker *none = NULL;
	struct wz_error error;
	const struct {
		struct wz_worker_options wishes;
		const char *field;
	} cases[] = {
		{{.credit = 0}, "credit"},
		{{.credit = 1025}, "credit"},
		{{.credit = 1, .departments = many, .departments_count = 257}, "departments"},
		{{.credit = 1, .departments = nul, .departments_count = 1}, "department"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(wz_worker_new(&where, &cases[i].wishes, &none, &error), WZ_INVALID);
		assert_string_equal(error.field, cases[i].field);
	}
	assert_int_equal(wz_worker_credit(worker, 0), WZ_INVALID);
	assert_int_equal(wz_worker_credit(worker, 1025), WZ_INVALID);
	assert_int_equal(wz_worker_credit(worker, 1024), WZ_OK);
}

static void what_is_wrong_with_keys_is_named(void **state)
{
	(void)state;
	struct wz_portal *none = NULL;
	struct wz_error error;
	struct wz_connection_options where = options();
	where.secret_key = NULL;
	assert_int_equal(wz_portal_new(&where, &none, &error), WZ_INVALID);
	assert_non_null(strstr(error.text, "no key"));
	where = options();
	where.public_key = "short";
	assert_int_equal(wz_portal_new(&where, &none, &error), WZ_INVALID);
	assert_non_null(strstr(error.text, "public key"));
	where = options();
	where.secret_key = "short";
	assert_int_equal(wz_portal_new(&where, &none, &error), WZ_INVALID);
	assert_non_null(strstr(error.text, "secret key"));
	where = options();
	where.resend_ms = -1;
	assert_int_equal(wz_portal_new(&where, &none, &error), WZ_INVALID);
	assert_non_null(strstr(error.text, "resend_ms"));
}

static void an_act_that_is_none_is_not_sent(void **state)
{
	(void)state;
	static const struct wz_act acts[] = {
		{.type = (enum wz_act_type)99, .case_number = "c", .epoch = 1},
		{.type = WZ_ACT_REPLY,
			.reply_kind = (enum wz_reply_kind)99,
			.case_number = "c",
			.epoch = 1,
			.reply = "r"},
		{.type = WZ_ACT_TAKE, .epoch = 1},
		{.type = WZ_ACT_TAKE, .case_number = "c", .epoch = -1},
		{.type = WZ_ACT_TAKE, .case_number = "c", .epoch = INT64_C(1) << 32},
	};
	struct wz_confirm confirm;
	uint64_t ticket;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		assert_int_equal(wz_worker_do(worker, &acts[i], 0, &confirm), WZ_INVALID);
		assert_int_equal(wz_worker_send(worker, &acts[i], &ticket), WZ_INVALID);
	}
}

static void a_daemon_that_answers_with_something_else_is_not_understood(void **state)
{
	(void)state;
	struct wz_receipt receipt;
	struct wz_directory directory;
	struct wz_dossier dossier;
	struct wz_held held;
	struct wz_question question = {.id = "m"};
	wire.answer = KIND_PULSE;
	assert_int_equal(wz_portal_submit(portal, &message, 1000, &receipt), WZ_ERROR);
	assert_string_equal(wz_portal_error(portal)->code, "unreadable");
	assert_int_equal(wz_portal_query(portal, &question, 1000, &dossier), WZ_ERROR);
	assert_int_equal(wz_portal_directory(portal, NULL, 1000, &directory), WZ_ERROR);
	assert_int_equal(wz_worker_held(worker, NULL, 1000, &held), WZ_ERROR);
	assert_int_equal(wz_worker_take(worker, "c", 1, 1000), WZ_ERROR);
	assert_string_equal(wz_worker_error(worker)->code, "unreadable");

	struct wz_portal_news news;
	uint64_t ticket;
	assert_int_equal(wz_portal_send_submit(portal, &message, &ticket), WZ_OK);
	assert_int_equal(wz_portal_next(portal, 1000, &news), WZ_OK);
	assert_int_equal(news.type, WZ_PORTAL_REFUSED);
	assert_string_equal(news.error->code, "unreadable");
	struct wz_act take = {.type = WZ_ACT_TAKE, .case_number = "c", .epoch = 1};
	struct wz_worker_news worker_news;
	assert_int_equal(wz_worker_send(worker, &take, &ticket), WZ_OK);
	do
		assert_int_equal(wz_worker_next(worker, 1000, &worker_news), WZ_OK);
	while (worker_news.type == WZ_WORKER_WELCOME);
	assert_int_equal(worker_news.type, WZ_WORKER_REFUSED);
	assert_string_equal(worker_news.error->code, "unreadable");
}

static void a_refusal_is_told_with_its_code(void **state)
{
	(void)state;
	struct wz_portal_news news;
	struct wz_worker_news worker_news;
	struct wz_act take = {.type = WZ_ACT_TAKE, .case_number = "c", .epoch = 1};
	uint64_t ticket;
	wire.answer = KIND_ERROR;
	wire.error = "conflict";
	assert_int_equal(wz_portal_send_submit(portal, &message, &ticket), WZ_OK);
	assert_int_equal(wz_portal_next(portal, 1000, &news), WZ_OK);
	assert_int_equal(news.type, WZ_PORTAL_REFUSED);
	assert_string_equal(news.error->code, "conflict");
	assert_int_equal(wz_worker_send(worker, &take, &ticket), WZ_OK);
	do
		assert_int_equal(wz_worker_next(worker, 1000, &worker_news), WZ_OK);
	while (worker_news.type == WZ_WORKER_WELCOME);
	assert_string_equal(worker_news.error->code, "conflict");
	assert_int_equal(wz_watcher_assign(watcher, "c", "edu", "r", WZ_RULING_FINAL, 1000), WZ_ERROR);
}

static void what_was_asked_is_read(void **state)
{
	(void)state;
	struct wz_receipt receipt;
	struct wz_directory directory;
	struct wz_held held;
	struct wz_case one;
	assert_int_equal(wz_portal_submit(portal, &message, 1000, &receipt), WZ_OK);
	assert_string_equal(receipt.case_number, "x");
	wire.items = 2;
	wire.more = true;
	assert_int_equal(wz_portal_directory(portal, NULL, 1000, &directory), WZ_OK);
	assert_true(directory.count == 2 && directory.more);
	assert_int_equal(wz_worker_held(worker, NULL, 1000, &held), WZ_OK);
	assert_int_equal(held.count, 2);
	assert_non_null(held.after);
	assert_int_equal(wz_worker_held_case(worker, "c", 1000, &one), WZ_ERROR); /* two instead of one */
	assert_non_null(strstr(wz_worker_error(worker)->text, "2 cases instead of one"));
	wire.items = 1;
	wire.more = false;
	assert_int_equal(wz_worker_held_case(worker, "c", 1000, &one), WZ_OK);
	assert_string_equal(one.case_number, "20260914-000001-7");
	assert_int_equal(wz_worker_held_case(worker, NULL, 1000, &one), WZ_INVALID);
	assert_int_equal(wz_watcher_assign(watcher, "c", "edu", "r", WZ_RULING_USUAL, 1000), WZ_OK);
	assert_int_equal(wz_watcher_assign(watcher, "c", "edu", NULL, WZ_RULING_USUAL, 1000), WZ_INVALID);
	assert_int_equal(wz_portal_directory(portal, "\n", 1000, &directory), WZ_INVALID);
}

static void no_more_wait_than_may_and_a_call_that_gave_up_is_forgotten(void **state)
{
	(void)state;
	struct wz_receipt receipt;
	struct wz_held held;
	uint64_t ticket;
	wire.silent = true;
	assert_int_equal(wz_portal_submit(portal, &message, 10, &receipt), WZ_TIMEOUT);
	assert_int_equal(wz_portal_finish(portal, 10), WZ_TIMEOUT);
	for (int i = 0; i < WZ_IN_FLIGHT_MAX; i++)
		assert_int_equal(wz_portal_send_submit(portal, &message, &ticket), WZ_OK);
	assert_int_equal(wz_portal_send_submit(portal, &message, &ticket), WZ_FULL);
	assert_int_equal(wz_worker_held(worker, NULL, 10, &held), WZ_TIMEOUT);
}

static void a_socket_that_takes_no_more_is_tried_again(void **state)
{
	(void)state;
	struct wz_receipt receipt;
	wire.send_outcome = WIRE_FULL;
	assert_int_equal(wz_portal_submit(portal, &message, 20, &receipt), WZ_TIMEOUT);
	wire.send_outcome = 0;
	assert_int_equal(wz_portal_submit(portal, &message, 1000, &receipt), WZ_OK);
}

static void what_has_not_two_frames_is_not_for_us(void **state)
{
	(void)state;
	struct wz_receipt receipt;
	for (wire.extra_frames = 1; wire.extra_frames <= 2; wire.extra_frames++)
		assert_int_equal(wz_portal_submit(portal, &message, 20, &receipt), WZ_TIMEOUT);
}

static void a_daemon_that_took_leave_of_us_first_is_left_all_the_same(void **state)
{
	(void)state;
	wire.answer = KIND_ERROR;
	wire.error = "not-ready";
	assert_int_equal(wz_portal_finish(portal, 1000), WZ_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_connection_that_fails_is_fatal_wherever_it_does),
		TEST(without_a_context_there_is_no_library),
		TEST(what_is_wrong_with_a_workers_wishes_is_named),
		TEST(what_is_wrong_with_keys_is_named),
		TEST(an_act_that_is_none_is_not_sent),
		TEST(a_daemon_that_answers_with_something_else_is_not_understood),
		TEST(a_refusal_is_told_with_its_code),
		TEST(what_was_asked_is_read),
		TEST(no_more_wait_than_may_and_a_call_that_gave_up_is_forgotten),
		TEST(a_socket_that_takes_no_more_is_tried_again),
		TEST(what_has_not_two_frames_is_not_for_us),
		TEST(a_daemon_that_took_leave_of_us_first_is_left_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
