#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "tests/lib/prng.h"
#include "tests/unit/store/engines.h"

/* Random operations on both engines at once: whatever one says, the other must say too. */

#define ID(n)	   (INT64_C(20260930000000) + (n))
#define CASES	   40
#define OPERATIONS 6000

static const char *const names[] = {"", "web", "app", "water", "roads", "triage", "operator", "portal/web",
	"portal/app", "worker-1", "督查"};

struct pair {
	struct prng prng;
	struct place places[2];
	struct buffer text;
	uint8_t texts[CASES];
	uint8_t texts_committed[CASES];
	uint64_t messages, messages_committed; /* bits of cases that have one: a second is an error */
};

static struct span draw_name(struct pair *pair)
{
	return span_of_string(names[prng_below(&pair->prng, sizeof(names) / sizeof(names[0]))]);
}

static int64_t draw_case(struct pair *pair)
{
	return (int64_t)prng_below(&pair->prng, CASES);
}

static int64_t draw_number(struct pair *pair)
{
	return prng_chance(&pair->prng, 40)
		       ? 0
		       : (int64_t)(prng_next(&pair->prng) >> prng_below(&pair->prng, 64));
}

static struct digest draw_digest(struct pair *pair)
{
	uint64_t number = prng_next(&pair->prng);
	return prng_chance(&pair->prng, 30) ? (struct digest){{0}}
					    : digest_of(span_of(&number, sizeof(number)));
}

static struct span draw_text(struct pair *pair, uint64_t size_max)
{
	buffer_clear(&pair->text);
	uint64_t size = prng_below(&pair->prng, size_max);
	for (uint64_t i = 0; i < size; i++)
		buffer_append_byte(&pair->text, (uint8_t)('a' + prng_below(&pair->prng, 26)));
	return buffer_span(&pair->text);
}

#define EACH(place)	  for (struct place *place = pair->places; place < pair->places + 2; place++)
#define ON(place, f, ...) ((place)->store->interface->f((place)->store, __VA_ARGS__))

static void op_append(struct pair *pair)
{
	struct record record = {
		.kind = (enum record_kind)(1 + prng_below(&pair->prng, RECORD_KIND_END - 1)),
		.at = {draw_number(pair)},
		.case_id = prng_chance(&pair->prng, 80) ? ID(draw_case(pair)) : 0,
		.actor = draw_name(pair),
		.stream = draw_name(pair),
		.department = draw_name(pair),
		.subject = draw_text(pair, 100),
		.epoch = draw_number(pair),
		.number = (int64_t)prng_below(&pair->prng, 4),
		.text = draw_number(pair),
		.digest = draw_digest(pair),
	};
	int64_t seq[2];
	EACH(place)
	{
		struct record copy = record;
		assert_int_equal(ON(place, append, &copy), 0);
		seq[place - pair->places] = copy.seq;
	}
	assert_int_equal(seq[0], seq[1]);
}

static void op_put_message(struct pair *pair)
{
	int64_t n = draw_case(pair);
	if (pair->messages & (UINT64_C(1) << n))
		return;
	pair->messages |= UINT64_C(1) << n;
	char id[32];
	snprintf(id, sizeof(id), "m-%d", (int)n);
	struct message_row row = {.case_id = ID(n),
		.portal = span_of_string(n % 2 ? "web" : "app"),
		.message_id = span_of_string(id),
		.digest = draw_digest(pair),
		.category = draw_name(pair),
		.region = draw_name(pair)};
	EACH(place)
	assert_int_equal(ON(place, put_message, &row), 0);
}

static void op_put_text(struct pair *pair)
{
	int64_t n = draw_case(pair);
	struct text_row row = {.case_id = ID(n),
		.ordinal = ++pair->texts[n],
		.role = (enum text_role)(1 + prng_below(&pair->prng, 3)),
		.title = draw_name(pair),
		.body = draw_text(pair, prng_chance(&pair->prng, 5) ? 20000 : 200)};
	if (pair->texts[n] == UINT8_MAX)
		return;
	struct digest digests[2];
	EACH(place)
	{
		assert_int_equal(ON(place, put_text, &row), 0);
		digests[place - pair->places] = row.digest;
	}
	assert_true(digest_equal(&digests[0], &digests[1]));
}

static void op_put_case(struct pair *pair)
{
	int64_t n = draw_case(pair);
	if (!(pair->messages & (UINT64_C(1) << n)))
		return;
	struct case_row row = {
		.case_id = ID(n),
		.state = (enum case_state)(1 + prng_below(&pair->prng, CASE_STATE_END - 1)),
		.portal = draw_name(pair),
		.department = draw_name(pair),
		.class = draw_name(pair),
		.received = {draw_number(pair)},
		.due = {prng_chance(&pair->prng, 20) ? INT64_MAX : (int64_t)prng_below(&pair->prng, 1000)},
		.due_date = (int32_t)prng_below(&pair->prng, 100000),
		.provisional = prng_chance(&pair->prng, 50),
		.fired = draw_number(pair),
		.holder_name = draw_name(pair),
		.reminded = prng_chance(&pair->prng, 50),
		.reply_digest = draw_digest(pair),
	};
	EACH(place)
	assert_int_equal(ON(place, put_case, &row), 0);
}

static void op_put_cursor(struct pair *pair)
{
	struct span name = draw_name(pair);
	int64_t cursor = (int64_t)prng_below(&pair->prng, 1000);
	if (name.size > 0)
		EACH(place)
	assert_int_equal(ON(place, put_cursor, name, cursor), 0);
}

static void op_commit(struct pair *pair)
{
	EACH(place)
	{
		assert_int_equal(place->store->interface->commit(place->store), 0);
		if (place->store->interface->idle && prng_chance(&pair->prng, 30))
			assert_int_equal(place->store->interface->idle(place->store), 0);
	}
	pair->messages_committed = pair->messages;
	memcpy(pair->texts_committed, pair->texts, sizeof(pair->texts));
}

static void op_reopen(struct pair *pair)
{
	EACH(place)
	place->engine->reopen(place);
	pair->messages = pair->messages_committed;
	memcpy(pair->texts, pair->texts_committed, sizeof(pair->texts));
}

struct sum {
	struct buffer bytes;
	int64_t stop_after; /* rows; the walk then ends with 9 */
};

static int sum_record(void *context, const struct record *record)
{
	struct sum *sum = context;
	struct digest digest = record_digest(record);
	buffer_append_span(&sum->bytes, digest_span(&digest));
	return --sum->stop_after == 0 ? 9 : 0;
}

static int sum_case(void *context, const struct case_row *row)
{
	struct sum *sum = context;
	struct digest digest = case_digest(row);
	buffer_append_span(&sum->bytes, digest_span(&digest));
	return --sum->stop_after == 0 ? 9 : 0;
}

static void compare_walks(struct pair *pair)
{
	int walk = (int)prng_below(&pair->prng, 5);
	int64_t n = draw_case(pair), after = (int64_t)prng_below(&pair->prng, 100),
		limit = (int64_t)prng_below(&pair->prng, 30) - 1,
		stop = prng_chance(&pair->prng, 20) ? 1 + (int64_t)prng_below(&pair->prng, 5) : 0;
	struct span name = draw_name(pair);
	struct case_filter filter = {
		.after = prng_chance(&pair->prng, 50) ? ID(draw_case(pair)) : 0,
		.state = prng_chance(&pair->prng, 30)
				 ? (enum case_state)prng_below(&pair->prng, CASE_STATE_END)
				 : CASE_NONE,
		.open_only = prng_chance(&pair->prng, 30),
		.department = prng_chance(&pair->prng, 30) ? draw_name(pair) : SPAN_EMPTY,
		.portal = prng_chance(&pair->prng, 30) ? draw_name(pair) : SPAN_EMPTY,
		.due_before = {prng_chance(&pair->prng, 30) ? (int64_t)prng_below(&pair->prng, 1200) : 0},
		.limit = limit,
	};
	struct digest results[2];
	EACH(place)
	{
		struct sum sum = {BUFFER_NULL, stop};
		int r = walk == 0   ? ON(place, walk_journal, after, limit, sum_record, &sum)
			: walk == 1 ? ON(place, walk_history, ID(n), after, limit, sum_record, &sum)
			: walk == 2 ? ON(place, walk_stream, name, after, limit, sum_record, &sum)
			: walk == 3 ? ON(place, walk_open, sum_case, &sum)
				    : ON(place, walk_cases, &filter, sum_case, &sum);
		buffer_append_u32(&sum.bytes, (uint32_t)r);
		results[place - pair->places] = digest_of(buffer_span(&sum.bytes));
		buffer_deinit(&sum.bytes);
	}
	assert_true(digest_equal(&results[0], &results[1]));
}

static void compare_rows(struct pair *pair)
{
	int64_t n = draw_case(pair), number[2] = {0, 0}, seq[2];
	int64_t ordinal = 1 + (int64_t)prng_below(&pair->prng, 8);
	struct span name = draw_name(pair);
	struct message_row messages[2];
	struct text_row texts[2];
	struct case_row cases[2];
	struct record records[2];
	struct store_totals totals[2];
	struct digest heads[2];
	int r[2];
#define COMPARE(call, equal)                                    \
	do {                                                    \
		for (int i = 0; i < 2; i++) {                   \
			struct place *place = &pair->places[i]; \
			r[i] = place->store->interface->call;   \
		}                                               \
		assert_int_equal(r[0], r[1]);                   \
		assert_true(r[0] != 0 || (equal));              \
	} while (0)
	COMPARE(read_message(place->store, ID(n), &messages[i]), messages_equal(&messages[0], &messages[1]));
	COMPARE(read_text(place->store, ID(n), ordinal, &texts[i]), texts_equal(&texts[0], &texts[1]));
	COMPARE(read_case(place->store, ID(n), &cases[i]), cases_equal(&cases[0], &cases[1]));
	COMPARE(last_record(place->store, &records[i]), records_equal(&records[0], &records[1]));
	if (name.size > 0)
		COMPARE(read_cursor(place->store, name, &number[i]), number[0] == number[1]);
	COMPARE(last_case_of_day(place->store, ID(n), ID(n + 5), &number[i]), number[0] == number[1]);
	COMPARE(totals(place->store, &totals[i]),
		totals[0].accepted == totals[1].accepted && totals[0].answered == totals[1].answered);
	COMPARE(chain_head(place->store, &seq[i], &heads[i]),
		seq[0] == seq[1] && digest_equal(&heads[0], &heads[1]));
}

static void both_engines_say_the_same_to_every_random_question(void **state)
{
	(void)state;
	static const struct {
		void (*run)(struct pair *pair);
		uint64_t weight;
	} operations[] = {{op_append, 20}, {op_put_message, 4}, {op_put_text, 6}, {op_put_case, 15},
		{op_put_cursor, 5}, {op_commit, 8}, {op_reopen, 1}, {compare_walks, 20}, {compare_rows, 20}};
	static struct pair pair;
	prng_init(&pair.prng, prng_seed_of_run());
	pair.places[0].engine = &engine_sqlite;
	pair.places[1].engine = &engine_memory;
	pair.text = BUFFER_NULL;
	for (int i = 0; i < 2; i++)
		pair.places[i].engine->open(&pair.places[i]);
	for (int step = 0; step < OPERATIONS; step++) {
		uint64_t draw = prng_below(&pair.prng, 99);
		size_t chosen = 0;
		while (draw >= operations[chosen].weight)
			draw -= operations[chosen++].weight;
		operations[chosen].run(&pair);
	}
	for (int i = 0; i < 2; i++)
		pair.places[i].engine->close(&pair.places[i]);
	buffer_deinit(&pair.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_engines_say_the_same_to_every_random_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
