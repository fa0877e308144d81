#include "lab/bench_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"

#define INCARNATION 1
#define ID_SIZE	    64

struct bench {
	const struct bench_options *options;
	struct fault *fault;
	int64_t *sent_us;  /* by message */
	int64_t *receipts; /* in the order of arrival: how long it took */
	int64_t *dones;
	uint32_t sent, received, done;
	uint32_t replied; /* EVENTs; `done` counts those of BENCH_RT */
	int64_t cursor;	  /* of the portal's stream; what of it is SEEN */
	int64_t seen;
	char body[BENCH_BODY_SIZE];
	char reply[BENCH_REPLY_SIZE];
};

/* Chinese text of exactly this size, other for every seed, so that nothing can be deduplicated. */
static void fill_text(char *text, size_t size, uint32_t seed)
{
	static const char words[] =
		"市民来信反映路灯损坏道路积水噪音扰民请尽快处理医保社保学校小区公交环境卫生咨询";
	uint32_t state = seed * 2654435761u + 12345u;
	size_t at = 0;
	for (; at + 3 <= size; at += 3) {
		state = state * 1664525u + 1013904223u;
		memcpy(text + at, words + 3 * ((state >> 16) % ((sizeof(words) - 1) / 3)), 3);
	}
	memset(text + at, '.', size - at);
}

/* ---- portal ---- */

static bool submit(struct bench *self)
{
	char id[ID_SIZE];
	snprintf(id, sizeof(id), "%s-%u", self->options->run, self->sent);
	fill_text(self->body, sizeof(self->body), self->sent);
	struct writer *writer = peer_begin(self->options->portal, KIND_SUBMIT, NULL);
	writer_text(writer, FIELD_ID, span_of_string(id));
	writer_text(writer, FIELD_TITLE, SPAN_LITERAL("路灯不亮"));
	writer_text(writer, FIELD_BODY, span_of(self->body, sizeof(self->body)));
	writer_text(writer, FIELD_DEPARTMENT, span_of_string(self->options->department));
	self->sent_us[self->sent++] = peer_now_us();
	return peer_send(self->options->portal, self->fault);
}

/* How long it is since the message of this id was sent; negative for one that is not of this run. */
static int64_t age_of(const struct bench *self, struct span id)
{
	char text[ID_SIZE];
	size_t size = strlen(self->options->run);
	if (!span_copy(id, text, sizeof(text)) || strncmp(text, self->options->run, size) != 0 ||
		text[size] != '-')
		return -1;
	unsigned long number = strtoul(text + size + 1, NULL, 10);
	return number < self->sent ? peer_now_us() - self->sent_us[number] : -1;
}

static bool on_receipt(struct bench *self, const struct message *message)
{
	int64_t age = age_of(self, message_text(message, FIELD_ID));
	ENSURE(age >= 0 && self->received < self->sent);
	self->receipts[self->received++] = age;
	if (self->options->test == BENCH_PUB)
		self->dones[self->done++] = age;
	return true;
}

static bool on_event(struct bench *self, const struct message *message)
{
	int64_t age = age_of(self, message_text(message, FIELD_ID));
	self->cursor = message_number(message, FIELD_CURSOR, self->cursor);
	if (age >= 0 && span_equal_string(message_text(message, FIELD_EVENT), "replied") &&
		self->done < self->sent)
		self->dones[self->done++] = age;
	return true;
}

static bool on_portal(struct bench *self, const struct message *message)
{
	switch (message->kind) {
	case KIND_RECEIPT:
		return on_receipt(self, message);
	case KIND_EVENT:
		return on_event(self, message);
	case KIND_ERROR:
	case KIND_BUSY:
		return peer_fault_of(self->options->portal, message, self->fault);
	default:
		return true;
	}
}

static bool say_seen(struct bench *self)
{
	if (self->cursor == self->seen)
		return true;
	struct writer *writer = peer_begin(self->options->portal, KIND_SEEN, NULL);
	writer_number(writer, FIELD_CURSOR, self->cursor);
	self->seen = self->cursor;
	return peer_send(self->options->portal, self->fault);
}

/* ---- worker ---- */

static struct writer *begin_act(struct bench *self, enum kind kind, const struct message *offer)
{
	struct writer *writer = peer_begin(self->options->worker, kind, NULL);
	writer_text(writer, FIELD_CASE, message_text(offer, FIELD_CASE));
	writer_number(writer, FIELD_EPOCH, message_number(offer, FIELD_EPOCH, 0));
	return writer;
}

/* One connection keeps its order: the reply need not wait for the take's confirmation. */
static bool on_worker(struct bench *self, const struct message *message)
{
	struct peer *worker = self->options->worker;
	if (message->kind == KIND_ERROR || message->kind == KIND_BUSY)
		return peer_fault_of(worker, message, self->fault);
	if (message->kind != KIND_OFFER)
		return true;
	begin_act(self, KIND_TAKE, message);
	if (!peer_send(worker, self->fault))
		return false;
	fill_text(self->reply, sizeof(self->reply), self->replied++);
	struct writer *writer = begin_act(self, KIND_REPLY, message);
	writer_text(writer, FIELD_REPLY, span_of(self->reply, sizeof(self->reply)));
	return peer_send(worker, self->fault);
}

/* ---- both ---- */

typedef bool (*handler_fn)(struct bench *self, const struct message *message);

static bool drain(struct bench *self, struct peer *peer, handler_fn handler, bool *ret_any)
{
	struct message message;
	enum peer_outcome outcome;
	while ((outcome = peer_receive(peer, &message, self->fault)) == PEER_MESSAGE) {
		*ret_any = true;
		if (!handler(self, &message))
			return false;
	}
	return outcome == PEER_EMPTY;
}

static bool open_session(struct bench *self)
{
	const struct bench_options *options = self->options;
	struct message answer;
	if (!options->worker)
		return true;
	struct span department = span_of_string(options->department);
	struct writer *writer = peer_begin(options->worker, KIND_READY, NULL);
	writer_number(writer, FIELD_CREDIT, options->window);
	writer_number(writer, FIELD_INCARNATION, INCARNATION);
	writer_lines(writer, FIELD_DEPARTMENTS, &department, 1);
	if (!peer_ask(options->worker, options->child, KIND_WELCOME, &answer, self->fault))
		return false;
	peer_begin(options->portal, KIND_WATCH, NULL);
	if (!peer_ask(options->portal, options->child, KIND_CONFIRM, &answer, self->fault))
		return false;
	self->cursor = self->seen = message_number(&answer, FIELD_CURSOR, 0);
	return true;
}

static bool push(struct bench *self)
{
	const struct bench_options *options = self->options;
	struct peer *peers[2] = {options->portal, options->worker};
	size_t peers_count = options->worker ? 2 : 1;
	int64_t heard = peer_now_us();
	while (self->done < options->count || self->received < options->count) {
		while (self->sent < options->count && self->sent - self->done < options->window)
			if (!submit(self))
				return false;
		bool any = false;
		if ((options->worker && !drain(self, options->worker, on_worker, &any)) ||
			!drain(self, options->portal, on_portal, &any) || !say_seen(self))
			return false;
		if (any) {
			heard = peer_now_us();
			continue;
		}
		if (peer_now_us() - heard > BENCH_SILENCE_MS * 1000)
			return fault_set(self->fault, "nothing has come for %d s", BENCH_SILENCE_MS / 1000);
		if (!peers_wait(peers, peers_count, options->child, BENCH_SILENCE_MS, self->fault))
			return false;
	}
	return true;
}

static int by_size(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

/* Sorts the values. */
static double percentile_ms(int64_t *values, uint32_t count, uint32_t percent)
{
	qsort(values, count, sizeof(*values), by_size);
	uint64_t rank = (uint64_t)count * percent / 100;
	return (double)values[rank] / 1000.0;
}

bool bench_run(const struct bench_options *options, struct bench_result *ret_result, struct fault *fault)
{
	REQUIRE(options->count > 0 && options->window > 0 && options->window <= BENCH_WINDOW_MAX);
	int64_t *sent CLEANUP(cleanup_free) = memory_new(options->count, sizeof(int64_t));
	int64_t *receipts CLEANUP(cleanup_free) = memory_new(options->count, sizeof(int64_t));
	int64_t *dones CLEANUP(cleanup_free) = memory_new(options->count, sizeof(int64_t));
	struct bench self = {
		.options = options, .fault = fault, .sent_us = sent, .receipts = receipts, .dones = dones};
	if (!open_session(&self))
		return false;
	int64_t started = peer_now_us();
	if (!push(&self))
		return false;
	*ret_result = (struct bench_result){
		.seconds = (double)(peer_now_us() - started) / 1e6,
		.p50_ms = percentile_ms(dones, options->count, 50),
		.p99_ms = percentile_ms(dones, options->count, 99),
		.receipt_p50_ms = percentile_ms(receipts, options->count, 50),
		.receipt_p99_ms = percentile_ms(receipts, options->count, 99),
	};
	return true;
}
