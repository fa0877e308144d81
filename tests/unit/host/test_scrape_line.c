#include "tests/unit/host/folder.h"

#include "base/limits.h"
#include "daemon/host/scrape_line.h"

static void assert_judged(const char *line, enum scrape_verdict verdict)
{
	enum scrape_verdict judged = scrape_line_judge(span_of_string(line));
	if (judged != verdict)
		fail_msg("'%s' is judged %d, not %d", line, (int)judged, (int)verdict);
}

static void what_asks_for_the_metrics_gets_them(void **state)
{
	(void)state;
	assert_judged("GET /metrics HTTP/1.0\n", SCRAPE_METRICS);
	assert_judged("GET /metrics HTTP/1.1\r\n", SCRAPE_METRICS);
	assert_judged("GET /metrics?x=1&y HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_METRICS);
	assert_judged("GET /metrics HTTP/1.1\r\nGET / HTTP/1.1\r\n", SCRAPE_METRICS);
}

static void everything_else_is_told_what_is_wrong_with_it(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum scrape_verdict verdict;
	} lines[] = {
		{"GET / HTTP/1.0\r\n", SCRAPE_NOT_FOUND},
		{"GET /metrics/ HTTP/1.0\r\n", SCRAPE_NOT_FOUND},
		{"GET /metric HTTP/1.0\r\n", SCRAPE_NOT_FOUND},
		{"GET //metrics HTTP/1.0\r\n", SCRAPE_NOT_FOUND},
		{"POST /metrics HTTP/1.1\r\n", SCRAPE_BAD_METHOD},
		{"HEAD /metrics HTTP/1.1\r\n", SCRAPE_BAD_METHOD},
		{"get /metrics HTTP/1.1\r\n", SCRAPE_BAD_METHOD},
		{"GET /metrics\r\n", SCRAPE_BAD},
		{"GET /metrics HTTP/2.0\r\n", SCRAPE_BAD},
		{"GET /metrics HTTP/1.1 \r\n", SCRAPE_BAD},
		{"GET metrics HTTP/1.1\r\n", SCRAPE_BAD},
		{"GET  /metrics HTTP/1.1\r\n", SCRAPE_BAD},
		{" GET /metrics HTTP/1.1\r\n", SCRAPE_BAD},
		{"\r\nGET /metrics HTTP/1.1\r\n", SCRAPE_BAD},
		{"\n", SCRAPE_BAD},
		{"GET\n", SCRAPE_BAD},
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_judged(lines[i].line, lines[i].verdict);
}

static void a_line_may_come_in_pieces_and_not_for_ever(void **state)
{
	(void)state;
	static const char line[] = "GET /metrics HTTP/1.1\r\n";
	for (size_t size = 0; size < sizeof(line) - 1; size++)
		assert_int_equal(scrape_line_judge(span_of(line, size)), SCRAPE_UNFINISHED);
	char endless[SCRAPE_LINE_MAX + 100];
	memset(endless, 'G', sizeof(endless));
	assert_int_equal(scrape_line_judge(span_of(endless, SCRAPE_LINE_MAX - 1)), SCRAPE_UNFINISHED);
	assert_int_equal(scrape_line_judge(span_of(endless, SCRAPE_LINE_MAX)), SCRAPE_BAD);
	endless[SCRAPE_LINE_MAX] = '\n';
	assert_int_equal(scrape_line_judge(span_of(endless, sizeof(endless))), SCRAPE_BAD);
}

static void zeroes_and_high_bytes_are_bytes(void **state)
{
	(void)state;
	assert_int_equal(scrape_line_judge(span_of("GET /metrics\0 HTTP/1.1\n", 23)), SCRAPE_NOT_FOUND);
	assert_int_equal(scrape_line_judge(span_of("\0\n", 2)), SCRAPE_BAD);
	assert_int_equal(scrape_line_judge(span_of("\xff /metrics HTTP/1.1\n", 20)), SCRAPE_BAD_METHOD);
}

static void a_refusal_is_a_whole_answer_and_says_what_there_is(void **state)
{
	(void)state;
	static const struct {
		enum scrape_verdict verdict;
		const char *begin;
	} refusals[] = {{SCRAPE_NOT_FOUND, "HTTP/1.0 404 "}, {SCRAPE_BAD_METHOD, "HTTP/1.0 405 "},
		{SCRAPE_BAD, "HTTP/1.0 400 "}};
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct span text = scrape_line_refusal(refusals[i].verdict);
		assert_memory_equal(text.data, refusals[i].begin, strlen(refusals[i].begin));
		assert_true(span_contains(text, SPAN_LITERAL("\r\n\r\n")));
		assert_true(span_contains(text, SPAN_LITERAL("/metrics")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_asks_for_the_metrics_gets_them),
		cmocka_unit_test(everything_else_is_told_what_is_wrong_with_it),
		cmocka_unit_test(a_line_may_come_in_pieces_and_not_for_ever),
		cmocka_unit_test(zeroes_and_high_bytes_are_bytes),
		cmocka_unit_test(a_refusal_is_a_whole_answer_and_says_what_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
