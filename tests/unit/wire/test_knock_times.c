#include "wire/knock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/wire/rig.h"

/* How long a knock takes, what it costs, and what is said of it. */

static int setup(void **state)
{
	static struct rig rig;
	rig_open(&rig);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	rig_close(*state);
	return 0;
}

static int64_t ms_of(clockid_t clock)
{
	struct timespec now;
	assert_int_equal(clock_gettime(clock, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_a_knock_waits_as_long_as_it_was_told_and_does_not_spin(void **state)
{
	struct rig *rig = *state;
	char endpoint[64];
	int fd = rig_listen_silently(endpoint);
	int64_t begun = ms_of(CLOCK_MONOTONIC), worked = ms_of(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < 10; i++)
		assert_int_equal(wire_knock(rig->context, rig->zap, endpoint, &rig->server_keys.key, 60),
			WIRE_KNOCK_TIMEOUT);
	int64_t took = ms_of(CLOCK_MONOTONIC) - begun;
	worked = ms_of(CLOCK_PROCESS_CPUTIME_ID) - worked;
	close(fd);
	assert_in_range(took, 590, 6000);
	assert_in_range(
		worked, 0, 290); /* less than half of the time, where a loop that spins takes all of it */
}

static void test_an_answer_ends_the_wait_at_once(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 0);
	int64_t begun = ms_of(CLOCK_MONOTONIC);
	for (int i = 0; i < 3; i++)
		assert_int_equal(wire_knock(rig->context, rig->zap, wire_server_endpoint(rig->server),
					 &rig->server_keys.key, 60000),
			WIRE_KNOCK_REFUSED);
	assert_in_range(ms_of(CLOCK_MONOTONIC) - begun, 0, 20000);
}

static void test_a_place_where_nobody_can_be_is_no_refusal(void **state)
{
	struct rig *rig = *state;
	assert_true(wire_knock(rig->context, rig->zap, "tcp://127.0.0.1:0", &rig->server_keys.key, 100) < 0);
}

static void test_each_outcome_has_its_words(void **state)
{
	(void)state;
	const char *refused = wire_knock_text(WIRE_KNOCK_REFUSED), *open = wire_knock_text(WIRE_KNOCK_OPEN);
	const char *timeout = wire_knock_text(WIRE_KNOCK_TIMEOUT);
	assert_non_null(refused);
	assert_non_null(open);
	assert_non_null(timeout);
	assert_non_null(strstr(refused, "turned away"));
	assert_non_null(strstr(open, "let in"));
	assert_non_null(strstr(timeout, "not proven"));
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_a_knock_waits_as_long_as_it_was_told_and_does_not_spin),
		WITH_RIG(test_an_answer_ends_the_wait_at_once),
		WITH_RIG(test_a_place_where_nobody_can_be_is_no_refusal),
		WITH_RIG(test_each_outcome_has_its_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
