#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fault.h"
#include "base/outcome.h"

static void test_a_fault_is_one_sentence_and_its_setter_says_false(void **state)
{
	(void)state;
	struct fault fault = FAULT_NONE;
	assert_string_equal(fault.text, "");
	assert_false(fault_set(&fault, "%s:%d: %s", "a.yaml", 3, "no such key"));
	assert_string_equal(fault.text, "a.yaml:3: no such key");
	assert_false(fault_prefix(&fault, "profile"));
	assert_string_equal(fault.text, "profile: a.yaml:3: no such key");
}

static void test_an_endless_fault_is_cut_and_closed(void **state)
{
	(void)state;
	char long_text[2000];
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	struct fault fault;
	fault_set(&fault, "%s", long_text);
	assert_int_equal(strlen(fault.text), sizeof(fault.text) - 1);
	fault_prefix(&fault, long_text);
	assert_true(strlen(fault.text) < sizeof(fault.text));
}

/* Runs an assertion in a child whose standard error nobody sees, and returns how the child ended. */
static int status_of_requirement(bool holds)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		REQUIRE(holds);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void test_a_failed_requirement_aborts_in_every_build(void **state)
{
	(void)state;
	int held = status_of_requirement(true), failed = status_of_requirement(false);
	assert_true(WIFEXITED(held) && WEXITSTATUS(held) == 0);
	assert_true(WIFSIGNALED(failed) && WTERMSIG(failed) == SIGABRT);
}

static void test_a_fatal_outcome_is_negative_and_forwarded_unchanged(void **state)
{
	(void)state;
	int fatal = FATAL(EIO, "test of a fatal outcome");
	assert_int_equal(fatal, -EIO);
	assert_int_equal(FORWARD(fatal), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fault_is_one_sentence_and_its_setter_says_false),
		cmocka_unit_test(test_an_endless_fault_is_cut_and_closed),
		cmocka_unit_test(test_a_failed_requirement_aborts_in_every_build),
		cmocka_unit_test(test_a_fatal_outcome_is_negative_and_forwarded_unchanged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
