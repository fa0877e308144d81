#include "tests/unit/workers/heard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static int saved = -1, from = -1;
static char text[16384];

void heard_begin(bool on_terminal)
{
	int to;
	if (on_terminal) {
		from = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		assert_true(from >= 0 && grantpt(from) == 0 && unlockpt(from) == 0);
		to = open(ptsname(from), O_WRONLY | O_NOCTTY | O_CLOEXEC);
	} else {
		int ends[2];
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		from = ends[0];
		to = ends[1];
	}
	assert_true(to >= 0);
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	assert_true(dup2(to, STDERR_FILENO) >= 0);
	close(to);
}

const char *heard_end(void)
{
	size_t size = 0;
	fflush(stderr);
	/* The mark is read last: neither a pipe nor a terminal changes the order. */
	static const char mark = '\004';
	assert_int_equal(write(STDERR_FILENO, &mark, 1), 1);
	while (size < sizeof(text) - 1 && (size == 0 || text[size - 1] != mark)) {
		ssize_t n = read(from, text + size, sizeof(text) - 1 - size);
		assert_true(n > 0);
		size += (size_t)n;
	}
	text[size - 1] = '\0';
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(from);
	return text;
}
