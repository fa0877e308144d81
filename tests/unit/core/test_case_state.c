#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/core/case.h"
#include "daemon/core/record.h"

static const char *const names[CASE_STATE_END] = {"none", "triage", "queued", "offered", "taken", "answered"};

/* The picture of case.h again, as a drawing: rows from, columns to. */
static const char *const edges[CASE_STATE_END] = {
	/*             N T Q O T A */
	[CASE_NONE] = "- x x - - -",
	[CASE_TRIAGE] = "- - x - - -",
	[CASE_QUEUED] = "- x - x - -",
	[CASE_OFFERED] = "- x x - x -",
	[CASE_TAKEN] = "- x x - x x",
	[CASE_ANSWERED] = "- - - - - -",
};

static void the_table_has_the_edges_of_the_picture_and_no_other(void **state)
{
	(void)state;
	for (enum case_state from = CASE_NONE; from < CASE_STATE_END; from++)
		for (enum case_state to = CASE_NONE; to < CASE_STATE_END; to++)
			assert_int_equal(case_state_may(from, to), edges[from][2 * to] == 'x');
}

static void every_state_has_its_name_and_the_name_leads_back(void **state)
{
	(void)state;
	for (enum case_state expected = CASE_NONE; expected < CASE_STATE_END; expected++) {
		assert_string_equal(case_state_name(expected), names[expected]);
		enum case_state parsed = CASE_STATE_END;
		bool known = case_state_parse(span_of_string(names[expected]), &parsed);
		assert_int_equal(known, expected != CASE_NONE);
		assert_int_equal(parsed, known ? expected : CASE_STATE_END);
	}
}

static void a_word_that_is_no_state_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "Triage", "queue", "queued ", "none", "closed"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum case_state parsed = CASE_TAKEN;
		assert_false(case_state_parse(span_of_string(bad[i]), &parsed));
		assert_int_equal(parsed, CASE_TAKEN);
	}
}

static void every_kind_of_record_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum record_kind kind = RECORD_STARTED; kind < RECORD_KIND_END; kind++) {
		assert_true(strlen(record_kind_name(kind)) > 0);
		for (enum record_kind other = RECORD_STARTED; other < kind; other++)
			assert_string_not_equal(record_kind_name(kind), record_kind_name(other));
	}
	assert_string_equal(record_kind_name(RECORD_ACCEPTED), "accepted");
	assert_string_equal(record_kind_name(RECORD_ESCALATED), "escalated");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_the_edges_of_the_picture_and_no_other),
		cmocka_unit_test(every_state_has_its_name_and_the_name_leads_back),
		cmocka_unit_test(a_word_that_is_no_state_is_refused),
		cmocka_unit_test(every_kind_of_record_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
