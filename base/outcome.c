#include "base/outcome.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

int outcome_trace(int error, const char *what, const char *file, int line)
{
	REQUIRE(error < 0);
	fprintf(stderr, "<3>fatal: %s%s%s (%s:%d)\n", what, *what ? ": " : "", strerror(-error), file, line);
	return error;
}
