#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "tests/unit/workers/heard.h"
#include "workers/tool.h"

static const char *drawn(
	bool wanted, bool on_terminal, const char *no_color, int64_t done, int64_t total, const char *note)
{
	struct progress progress;
	if (no_color)
		setenv("NO_COLOR", no_color, 1);
	else
		unsetenv("NO_COLOR");
	heard_begin(on_terminal);
	progress_init(&progress, wanted);
	progress_show(&progress, done, total, note);
	progress_wipe(&progress);
	return heard_end();
}

static void nothing_is_drawn_where_nobody_looks_or_nobody_wants_it(void **state)
{
	(void)state;
	assert_string_equal(drawn(true, false, NULL, 1, 2, "x"), "");
	assert_string_equal(drawn(false, true, NULL, 1, 2, "x"), "");
}

static void a_bar_has_colours_unless_they_are_not_wanted(void **state)
{
	(void)state;
	const char *text = drawn(true, true, NULL, 10, 20, "waiting");
	assert_non_null(strstr(text, "10/20"));
	assert_non_null(strstr(text, "\033[32m━"));
	assert_non_null(strstr(text, "─"));
	assert_non_null(strstr(text, "50 %  waiting"));
	assert_non_null(strstr(drawn(true, true, "", 10, 20, ""), "\033[32m"));
	text = drawn(true, true, "1", 10, 20, "");
	assert_null(strstr(text, "\033[32m"));
	assert_non_null(strstr(text, "[###############...............]"));
}

static void without_an_end_there_is_a_number_and_no_bar(void **state)
{
	(void)state;
	const char *text = drawn(true, true, NULL, 7, 0, "");
	assert_non_null(strstr(text, "7"));
	assert_null(strchr(text, '%'));
}

static void it_is_drawn_at_most_ten_times_a_second_and_at_the_end(void **state)
{
	(void)state;
	struct progress progress;
	heard_begin(true);
	progress_init(&progress, true);
	progress_show(&progress, 1, 3, "");
	progress_show(&progress, 2, 3, ""); /* at once again: too soon */
	progress_show(&progress, 3, 3, ""); /* the end is always shown */
	progress_show(&progress, 4, 0, ""); /* without an end: too soon */
	const char *text = heard_end();
	assert_non_null(strstr(text, "1/3"));
	assert_null(strstr(text, "2/3"));
	assert_non_null(strstr(text, "3/3"));
	assert_null(strchr(text, '4'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_drawn_where_nobody_looks_or_nobody_wants_it),
		cmocka_unit_test(a_bar_has_colours_unless_they_are_not_wanted),
		cmocka_unit_test(without_an_end_there_is_a_number_and_no_bar),
		cmocka_unit_test(it_is_drawn_at_most_ten_times_a_second_and_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
