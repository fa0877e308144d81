#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "tests/lib/prng.h"
#include "workers/exec_text.h"

static void test_a_reason_is_fit_to_be_sent_whatever_the_command_said(void **state)
{
	(void)state;
	static const struct {
		const char *said, *reason;
	} cases[] = {
		{"not ours\n", "why: not ours"}, {"not ours\r\n\r\n", "why: not ours"}, {"", "why: nothing"},
		{"\n", "why: nothing"}, {"不归我局管\n请转水务\n", "why: 不归我局管\n请转水务"},
		{"bad \xff\xfe end", "why: bad ?? end"}, {"cut \xe4\xb8", "why: cut ??"},
		{"bell\a tab\t esc\033[0m", "why: bell  tab\t esc [0m"},
		{"\xed\xa0\x80", "why: ???"}, /* a surrogate is no character */
	};
	struct buffer reason = BUFFER_NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		exec_text_reason(&reason, "why: ", span_of_string(cases[i].said), "nothing");
		assert_string_equal(buffer_string(&reason), cases[i].reason);
	}
	buffer_deinit(&reason);
}

static void test_a_long_reason_is_cut_at_a_character(void **state)
{
	(void)state;
	struct buffer said = BUFFER_NULL, reason = BUFFER_NULL;
	for (int i = 0; i < REASON_SIZE_MAX; i++)
		buffer_printf(&said, "水");
	exec_text_reason(&reason, "x", buffer_span(&said), "");
	assert_in_range(reason.size, REASON_SIZE_MAX - 2, REASON_SIZE_MAX);
	assert_true(utf8_is_text(buffer_span(&reason), UTF8_SEVERAL_LINES));
	buffer_deinit(&said);
	buffer_deinit(&reason);
}

static void test_random_bytes_always_become_a_reason(void **state)
{
	(void)state;
	struct prng prng;
	struct buffer reason = BUFFER_NULL;
	prng_init(&prng, prng_seed_of_run());
	for (int run = 0; run < 2000; run++) {
		char said[REASON_SIZE_MAX + 100];
		size_t size = prng_below(&prng, sizeof(said));
		for (size_t i = 0; i < size; i++)
			said[i] = (char)prng_next(&prng);
		exec_text_reason(&reason, "p", span_of(said, size), "");
		assert_in_range(reason.size, 1, REASON_SIZE_MAX);
		assert_true(utf8_is_text(buffer_span(&reason), UTF8_SEVERAL_LINES));
	}
	buffer_deinit(&reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_reason_is_fit_to_be_sent_whatever_the_command_said),
		cmocka_unit_test(test_a_long_reason_is_cut_at_a_character),
		cmocka_unit_test(test_random_bytes_always_become_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
