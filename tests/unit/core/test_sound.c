#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "calendar/deadline.h"
#include "daemon/core/case.h"
#include "daemon/core/record.h"

/* Which rows could have come from the core: each bound has a row on either side of it. */

#define DAY_LAST      2932896 /* 9999-12-31 */
#define RECEIVED_LAST (INSTANT_US_MAX - 4 * DEADLINE_COUNT_MAX * US_PER_DAY)
#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

static struct case_row good(void)
{
	return (struct case_row){
		.case_id = 20260914000001,
		.state = CASE_QUEUED,
		.portal = SPAN_LITERAL("web"),
		.message_id = SPAN_LITERAL("m-1"),
		.department = SPAN_LITERAL("edu"),
		.class = SPAN_LITERAL("ordinary"),
		.within = SPAN_LITERAL("3 workday"),
		.received = {US_PER_DAY},
		.due = {5 * US_PER_DAY},
		.due_version = 1,
		.texts = 1,
	};
}

/* A member of the row, and its least and greatest sound value. */
static const struct {
	const char *name;
	size_t at;
	int64_t low, high;
} numbers[] = {
#define NUMBER(member, low, high)                                        \
	{                                                                \
		#member, offsetof(struct case_row, member), (low), (high) \
	}
	NUMBER(received.us, 0, RECEIVED_LAST),
	NUMBER(due.us, 0, INSTANT_US_MAX),
	NUMBER(taken.us, 0, INSTANT_US_MAX),
	NUMBER(answered.us, 0, INSTANT_US_MAX),
	NUMBER(due_version, 0, UINT32_MAX - 1),
	NUMBER(fired, 0, UINT16_MAX),
	NUMBER(rung_reached, 0, RUNGS_MAX),
	NUMBER(epoch, 0, UINT32_MAX - 1),
	NUMBER(holder, 0, INT64_MAX),
	NUMBER(losses, 0, UINT8_MAX),
	NUMBER(returns, 0, UINT8_MAX),
	NUMBER(texts, 0, CASE_TEXTS_MAX - 1),
	NUMBER(reply_kind, 0, REPLY_REFUSAL),
#undef NUMBER
};

static bool is_sound_with(size_t at, int64_t value)
{
	struct case_row row = good();
	memcpy((char *)&row + at, &value, sizeof(value));
	return case_row_is_sound(&row);
}

static void a_number_is_sound_within_its_bounds_and_not_beside_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		bool has_above = numbers[i].high < INT64_MAX;
		if (!is_sound_with(numbers[i].at, numbers[i].low) ||
			!is_sound_with(numbers[i].at, numbers[i].high))
			fail_msg("%s: a bound is refused", numbers[i].name);
		if (is_sound_with(numbers[i].at, numbers[i].low - 1) ||
			(has_above && is_sound_with(numbers[i].at, numbers[i].high + 1)))
			fail_msg("%s: what is beyond a bound passes", numbers[i].name);
	}
}

static void a_date_is_sound_up_to_the_year_9999(void **state)
{
	(void)state;
	static const struct {
		int32_t date;
		bool sound;
	} rows[] = {{-1, false}, {0, true}, {DAY_LAST, true}, {DAY_LAST + 1, false}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct case_row row = good();
		row.due_date = rows[i].date;
		assert_int_equal(case_row_is_sound(&row), rows[i].sound);
	}
}

static void a_due_moment_may_be_never_and_a_term_needs_room_before_the_end_of_time(void **state)
{
	(void)state;
	struct case_row row = good();
	row.due = INSTANT_NEVER;
	assert_true(case_row_is_sound(&row));
	row.within = SPAN_EMPTY;
	row.received.us = INSTANT_US_MAX;
	assert_true(case_row_is_sound(&row));
	row.within = SPAN_LITERAL("3 workday");
	assert_false(case_row_is_sound(&row));
}

static void an_answered_case_may_have_one_text_more(void **state)
{
	(void)state;
	struct case_row row = good();
	row.state = CASE_ANSWERED;
	row.texts = CASE_TEXTS_MAX;
	assert_true(case_row_is_sound(&row));
	row.texts = CASE_TEXTS_MAX + 1;
	assert_false(case_row_is_sound(&row));
}

static void a_case_has_a_number_and_a_state(void **state)
{
	(void)state;
	struct case_row row = good();
	row.case_id = 20261314000001;
	assert_false(case_row_is_sound(&row));
	for (int one = CASE_NONE; one <= CASE_STATE_END; one++) {
		row = good();
		row.state = (enum case_state)one;
		assert_int_equal(case_row_is_sound(&row), one != CASE_NONE && one != CASE_STATE_END);
	}
}

static void a_name_is_one_line_of_utf8_that_fits_its_place(void **state)
{
	(void)state;
	static const struct {
		size_t at, size_max;
	} names[] = {
		{offsetof(struct case_row, portal), PRINCIPAL_NAME_SIZE_MAX},
		{offsetof(struct case_row, message_id), MESSAGE_ID_SIZE_MAX},
		{offsetof(struct case_row, department), DEPARTMENT_ID_SIZE_MAX},
		{offsetof(struct case_row, class), CLASS_NAME_SIZE_MAX},
		{offsetof(struct case_row, within), DEADLINE_WITHIN_SIZE - 1},
		{offsetof(struct case_row, holder_name), PRINCIPAL_NAME_SIZE_MAX},
	};
	char text[MESSAGE_ID_SIZE_MAX + 1];
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < COUNT(names); i++) {
		struct case_row row = good();
		struct span *name = (struct span *)(void *)((char *)&row + names[i].at);
		*name = span_of(text, names[i].size_max);
		assert_true(case_row_is_sound(&row));
		*name = span_of(text, names[i].size_max + 1);
		assert_false(case_row_is_sound(&row));
		*name = SPAN_LITERAL("two\nlines");
		assert_false(case_row_is_sound(&row));
		*name = SPAN_LITERAL("\xc3");
		assert_false(case_row_is_sound(&row));
	}
}

/* ---- from what the core can go on ---- */

#define EDU SPAN_LITERAL("edu")

static void state_department_holder_and_custody_of_an_open_case_fit_together(void **state)
{
	(void)state;
	struct {
		enum case_state state;
		struct span department;
		int64_t holder, epoch;
		bool process_custody, open;
	} rows[] = {
		{CASE_QUEUED, EDU, 0, 0, false, true},
		{CASE_QUEUED, EDU, 7, 1, false, false},
		{CASE_QUEUED, EDU, 0, 0, true, false},
		{CASE_QUEUED, SPAN_EMPTY, 0, 0, false, false},
		{CASE_TRIAGE, SPAN_EMPTY, 0, 0, false, true},
		{CASE_TRIAGE, SPAN_EMPTY, 7, 1, false, false},
		{CASE_TRIAGE, SPAN_EMPTY, 0, 0, true, false},
		{CASE_TRIAGE, EDU, 0, 0, false, false},
		{CASE_OFFERED, EDU, 7, 1, false, true},
		{CASE_OFFERED, EDU, 0, 1, false, false},
		{CASE_OFFERED, EDU, 7, 0, false, false},
		{CASE_OFFERED, EDU, 7, 1, true, false},
		{CASE_TAKEN, EDU, 0, 1, false, true},
		{CASE_TAKEN, EDU, 7, 1, true, true},
		{CASE_TAKEN, EDU, 7, 1, false, false},
		{CASE_TAKEN, EDU, 0, 1, true, false},
		{CASE_ANSWERED, EDU, 0, 1, false, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct case_row row = good();
		row.state = rows[i].state;
		row.department = rows[i].department;
		row.holder = rows[i].holder;
		row.epoch = rows[i].epoch;
		row.process_custody = rows[i].process_custody;
		if (case_row_is_open(&row) != rows[i].open)
			fail_msg("row %zu is taken for the contrary", i);
	}
}

static void a_term_can_be_read_and_has_a_due_moment_and_no_term_has_none(void **state)
{
	(void)state;
	struct {
		struct span within;
		struct instant due;
		bool open;
	} rows[] = {
		{SPAN_LITERAL("7 workday"), {US_PER_DAY}, true},
		{SPAN_LITERAL("7 workday"), INSTANT_NEVER, false},
		{SPAN_EMPTY, INSTANT_NEVER, true},
		{SPAN_EMPTY, {US_PER_DAY}, false},
		{SPAN_LITERAL("7 moons"), {US_PER_DAY}, false},
		{SPAN_LITERAL("7"), {US_PER_DAY}, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct case_row row = good();
		row.within = rows[i].within;
		row.due = rows[i].due;
		if (case_row_is_open(&row) != rows[i].open)
			fail_msg("row %zu is taken for the contrary", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_sound_within_its_bounds_and_not_beside_them),
		cmocka_unit_test(a_date_is_sound_up_to_the_year_9999),
		cmocka_unit_test(a_due_moment_may_be_never_and_a_term_needs_room_before_the_end_of_time),
		cmocka_unit_test(an_answered_case_may_have_one_text_more),
		cmocka_unit_test(a_case_has_a_number_and_a_state),
		cmocka_unit_test(a_name_is_one_line_of_utf8_that_fits_its_place),
		cmocka_unit_test(state_department_holder_and_custody_of_an_open_case_fit_together),
		cmocka_unit_test(a_term_can_be_read_and_has_a_due_moment_and_no_term_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
