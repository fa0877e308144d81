#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "daemon/host/log_limit.h"

static struct mono after(int64_t us)
{
	return (struct mono){INT64_C(5000000000) + us};
}

static int written(struct log_limit *limit, int64_t at, unsigned event, const char *principal, int times)
{
	int count = 0;
	for (int i = 0; i < times; i++)
		count += log_limit_admits(limit, after(at), event, principal);
	return count;
}

static void as_many_a_second_as_the_event_may_have(void **state)
{
	(void)state;
	struct log_limit limit = {.named = {{.written = 0}}};
	struct log_source source;
	for (unsigned event = 0; event < HOST_EVENT_END; event++) {
		int most = (int)log_event_info(event)->per_second;
		if (most == 0)
			continue;
		assert_int_equal(written(&limit, 0, event, "edu-a", 100), most);
		assert_false(log_limit_take(&limit, after(US_PER_S - 1), &source));
		assert_true(log_limit_take(&limit, after(US_PER_S), &source));
		assert_int_equal(source.event, event);
		assert_string_equal(source.principal, "edu-a");
		assert_int_equal(source.left_out, 100 - most);
		assert_false(log_limit_take(&limit, after(US_PER_S), &source));
		assert_int_equal(written(&limit, US_PER_S, event, "edu-a", 1), 1);
		assert_false(log_limit_take(&limit, after(2 * US_PER_S), &source));
	}
}

static void one_event_and_one_principal_do_not_count_for_another(void **state)
{
	(void)state;
	struct log_limit limit = {.named = {{.written = 0}}};
	assert_int_equal(written(&limit, 0, LOG_REFUSED, "edu-a", 3), 1);
	assert_int_equal(written(&limit, 0, LOG_REFUSED, "edu-b", 3), 1);
	assert_int_equal(written(&limit, 0, LOG_STRANGER, "edu-a", 3), 1);
	assert_int_equal(written(&limit, 0, LOG_REFUSED, NULL, 3), 1);
	assert_int_equal(written(&limit, 0, HOST_TURNED_AWAY, NULL, 3), 1);
}

static void a_crowd_beyond_the_room_is_counted_together(void **state)
{
	(void)state;
	struct log_limit limit = {.named = {{.written = 0}}};
	struct log_source source;
	char name[16];
	int lines = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "p-%d", i);
		lines += written(&limit, 0, LOG_REFUSED, name, 1);
	}
	assert_int_equal(lines, LOG_SOURCES_MAX + 1);
	assert_true(log_limit_take(&limit, after(US_PER_S), &source));
	assert_string_equal(source.principal, "");
	assert_int_equal(source.left_out, 1000 - lines);
	assert_false(log_limit_take(&limit, after(US_PER_S), &source));
	assert_int_equal(written(&limit, US_PER_S, LOG_REFUSED, "p-999", 1), 1);
}

static void whoever_can_cause_an_event_at_will_has_a_limit(void **state)
{
	(void)state;
	static const unsigned at_will[] = {LOG_WORKER_READY, LOG_REFUSED, LOG_STRANGER, LOG_PARKED,
		LOG_TEXT_DAMAGED, LOG_CONTACT_OPENED, HOST_TURNED_AWAY};
	for (size_t i = 0; i < sizeof(at_will) / sizeof(at_will[0]); i++)
		assert_in_range(log_event_info(at_will[i])->per_second, 1, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_a_second_as_the_event_may_have),
		cmocka_unit_test(one_event_and_one_principal_do_not_count_for_another),
		cmocka_unit_test(a_crowd_beyond_the_room_is_counted_together),
		cmocka_unit_test(whoever_can_cause_an_event_at_will_has_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
