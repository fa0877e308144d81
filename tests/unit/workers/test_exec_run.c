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
#include <signal.h>
#include <sys/epoll.h>

#include "tests/lib/failing.h"
#include "workers/exec_run.h"

static char *environment[] = {NULL};

struct place {
	struct exec_command command;
	struct exec_run run;
	char *arguments[4];
	int64_t now_ms;
};

static int setup(void **state)
{
	static struct place place;
	place = (struct place){
		.arguments = {(char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", NULL, NULL}};
	place.command = (struct exec_command){.arguments = place.arguments,
		.environment = environment,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.timeout_ms = 1000};
	assert_true(place.command.epoll >= 0);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	exec_run_deinit(&place->run);
	return close(place->command.epoll);
}

static int start(struct place *place, const char *script, const char *input)
{
	place->arguments[2] = (char *)(uintptr_t)script;
	return exec_run_start(&place->run, &place->command, NULL, input, place->now_ms);
}

/* Hears events until it has ended; time stands still. */
static void run_to_end(struct place *place)
{
	while (place->run.end == EXEC_RUNNING) {
		struct epoll_event events[4];
		int n = epoll_wait(place->command.epoll, events, 4, 10000);
		assert_true(n > 0);
		for (int i = 0; i < n && place->run.end == EXEC_RUNNING; i++)
			exec_run_event(events[i].data.ptr);
		exec_run_tick(&place->run, place->now_ms);
	}
}

static void a_command_reads_its_input_and_is_heard(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "cat; echo oops >&2; exit 3", "case"), 0);
	run_to_end(place);
	assert_int_equal(place->run.end, EXEC_EXITED);
	assert_int_equal(place->run.status, 3);
	assert_string_equal(buffer_string(&place->run.output), "case");
	assert_string_equal(buffer_string(&place->run.errors), "oops\n");
	exec_run_stop(&place->run, EXEC_STOPPED, 0); /* it has ended: nothing to stop */
	exec_run_tick(&place->run, INT64_MAX);
	exec_run_event(&place->run.watches[0]); /* of a pipe that is closed since */
	assert_int_equal(place->run.end, EXEC_EXITED);
}

static void calls_that_are_interrupted_are_made_again(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "cat", "case"), 0);
	failing_arm("write", 1, EINTR);
	run_to_end(place);
	assert_true(failing_fired());
	assert_string_equal(buffer_string(&place->run.output), "case");
	exec_run_deinit(&place->run);
	assert_int_equal(start(place, "cat", "case"), 0);
	failing_arm("read", 1, EINTR);
	run_to_end(place);
	assert_true(failing_fired());
	assert_string_equal(buffer_string(&place->run.output), "case");
}

static void a_command_that_does_not_read_is_let_be(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "exec 0<&-; echo done", "case"), 0);
	failing_arm("write", 1, EPIPE);
	run_to_end(place);
	failing_fired(); /* or it ended before it was written to */
	assert_string_equal(buffer_string(&place->run.output), "done\n");
	/* More than a pipe holds waits until it is read. */
	struct buffer much = BUFFER_NULL;
	for (int i = 0; i < 300000; i++)
		buffer_append_byte(&much, 'x');
	exec_run_deinit(&place->run);
	assert_int_equal(start(place, "wc -c", buffer_string(&much)), 0);
	run_to_end(place);
	assert_string_equal(buffer_string(&place->run.output), "300000\n");
	buffer_deinit(&much);
}

static void a_pipe_that_breaks_is_closed(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "echo x", ""), 0);
	failing_arm("read", 1, EIO);
	run_to_end(place);
	assert_true(failing_fired());
	assert_int_equal(place->run.end, EXEC_EXITED);
}

static void a_command_that_takes_too_long_is_asked_and_then_killed(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "trap '' TERM; echo ready; while :; do sleep 1; done", ""), 0);
	while (place->run.output.size == 0) {
		struct epoll_event event;
		assert_int_equal(epoll_wait(place->command.epoll, &event, 1, 10000), 1);
		exec_run_event(event.data.ptr);
	}
	place->now_ms = 999;
	exec_run_tick(&place->run, place->now_ms);
	assert_false(place->run.terminated);
	place->now_ms = 1000;
	exec_run_tick(&place->run, place->now_ms);
	assert_true(place->run.terminated);
	exec_run_stop(&place->run, EXEC_STOPPED, place->now_ms); /* it is told already */
	place->now_ms += EXEC_KILL_AFTER_MS;
	exec_run_tick(&place->run, place->now_ms);
	run_to_end(place);
	assert_int_equal(place->run.end, EXEC_TOO_LONG);
	assert_int_equal(place->run.status, SIGKILL);
}

static void what_still_runs_is_killed_when_nobody_wants_it_any_more(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "sleep 1000", ""), 0);
	pid_t pid = place->run.pid;
	failing_arm("waitpid", 1, EINTR);
	exec_run_deinit(&place->run);
	assert_true(failing_fired());
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(place->run.pid, -1);
}

static void too_much_is_cut_and_told_also_in_the_last_moment(void **state)
{
	struct place *place = *state;
	assert_int_equal(start(place, "head -c 70000 /dev/zero; head -c 9000 /dev/zero >&2", ""), 0);
	run_to_end(place);
	assert_int_equal(place->run.end, EXEC_TOO_MUCH);
	assert_int_equal(place->run.output.size, EXEC_OUTPUT_MAX + 1);
	assert_true(place->run.errors.size <= EXEC_ERRORS_MAX);
}

/* What the system may refuse, each in turn: nothing is left behind. */
static void a_start_that_the_system_does_not_let_us_make_leaves_nothing(void **state)
{
	struct place *place = *state;
	static const struct {
		const char *call;
		int nth, error, outcome;
	} cases[] = {
		{"pipe2", 1, EMFILE, -EMFILE},
		{"pipe2", 3, EMFILE, -EMFILE},
		{"posix_spawn_file_actions_init", 1, ENOMEM, -ENOMEM},
		{"posix_spawnattr_init", 1, ENOMEM, -ENOMEM},
		{"posix_spawn_file_actions_adddup2", 1, EBADF, -EBADF},
		{"posix_spawn_file_actions_addclosefrom_np", 1, ENOMEM, -ENOMEM},
		{"posix_spawnattr_setsigmask", 1, EINVAL, -EINVAL},
		{"posix_spawnattr_setsigdefault", 1, EINVAL, -EINVAL},
		{"pidfd_open", 1, EMFILE, -EMFILE},
		{"epoll_ctl", 1, ENOSPC, -ENOSPC},
		{"fcntl", 1, EPERM, -EPERM},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int before = dup(0);
		close(before);
		failing_arm(cases[i].call, cases[i].nth, cases[i].error);
		assert_int_equal(start(place, "sleep 1000", ""), cases[i].outcome);
		assert_true(failing_fired());
		assert_int_equal(place->run.pid, -1);
		int after = dup(0);
		close(after);
		assert_int_equal(after, before); /* no descriptor is left open */
	}
	place->arguments[0] = (char *)(uintptr_t) "/no/such/command";
	assert_int_equal(start(place, "", ""), -ENOENT);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_command_reads_its_input_and_is_heard),
		TEST(calls_that_are_interrupted_are_made_again),
		TEST(a_command_that_does_not_read_is_let_be),
		TEST(a_pipe_that_breaks_is_closed),
		TEST(a_command_that_takes_too_long_is_asked_and_then_killed),
		TEST(what_still_runs_is_killed_when_nobody_wants_it_any_more),
		TEST(too_much_is_cut_and_told_also_in_the_last_moment),
		TEST(a_start_that_the_system_does_not_let_us_make_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
