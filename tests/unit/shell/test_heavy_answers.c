#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/hall.h"

/* One who asks for much makes nobody else wait. */

static const char *const roles[ROLE_END] = {
	"portal", "worker", "supervisor", "triage", "approver", "moderator", "operator"};
static struct principal_source sources[ROLE_END];

static int setup(void **state)
{
	static const char *both[] = {"edu", "water"};
	static uint8_t keys[ROLE_END][PRINCIPAL_KEY_SIZE];
	static struct hall hall;
	for (int i = 0; i < ROLE_END; i++) {
		memset(keys[i], i + 1, PRINCIPAL_KEY_SIZE);
		sources[i] = (struct principal_source){.name = roles[i], .role = roles[i], .key = keys[i]};
	}
	sources[ROLE_WORKER].departments = both;
	sources[ROLE_WORKER].departments_count = 2;
	hall_init(&hall, sources, ROLE_END);
	*state = &hall;
	return 0;
}

static int teardown(void **state)
{
	hall_deinit(*state);
	return 0;
}

static void a_turn_ends_when_its_answers_weigh_enough(void **state)
{
	struct hall *self = *state;
	struct speaker portal = hall_speaker(&sources[ROLE_PORTAL], ROLE_PORTAL);
	struct speaker worker = hall_speaker(&sources[ROLE_WORKER], ROLE_WORKER);
	static char reply[REPLY_SIZE_MAX];
	struct writer *writer = hall_begin(self);
	writer_number(writer, FIELD_CREDIT, 1);
	writer_number(writer, FIELD_INCARNATION, 1);
	hall_say(self, worker, KIND_READY);
	writer = hall_begin(self);
	writer_text(writer, FIELD_ID, SPAN_LITERAL("1"));
	writer_text(writer, FIELD_TITLE, SPAN_LITERAL("x"));
	writer_text(writer, FIELD_BODY, SPAN_LITERAL("x"));
	writer_text(writer, FIELD_DEPARTMENT, SPAN_LITERAL("edu"));
	hall_say(self, portal, KIND_SUBMIT);
	char number[CASE_NUMBER_SIZE];
	memcpy(number, self->answer.case_number, sizeof(number));
	for (int i = 0; i < 4; i++) {
		memset(reply, 'a' + i, sizeof(reply));
		writer = hall_begin(self);
		writer_text(writer, FIELD_CASE, span_of_string(number));
		writer_number(writer, FIELD_EPOCH, self->offered_epoch);
		if (i > 0)
			writer_text(writer, FIELD_REPLY, span_of(reply, sizeof(reply)));
		if (i > 0)
			writer_text(writer, FIELD_REPLY_KIND, SPAN_LITERAL("interim"));
		hall_say(self, worker, i == 0 ? KIND_TAKE : KIND_REPLY);
		assert_int_equal(self->answer.kind, KIND_CONFIRM);
	}
	writer = hall_begin(self);
	writer_text(writer, FIELD_ID, SPAN_LITERAL("1"));
	hall_send(self, portal, KIND_QUERY, 40);
	for (int turns = 1; self->waiting > 0; turns++) {
		int before = self->answer.count;
		assert_int_equal(shell_turn(self->shell), 0);
		size_t weight = (size_t)(self->answer.count - before) * self->answer.size;
		assert_true(weight < BATCH_ANSWERS_SIZE_MAX + FRAME_SIZE_MAX);
		if (self->waiting > 0) /* the next turn comes at once */
			assert_int_equal(shell_wait_us(self->shell), 0);
		assert_true(turns <= 20);
	}
	assert_int_equal(self->answer.count, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_turn_ends_when_its_answers_weigh_enough, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
