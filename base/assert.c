#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *kind, const char *condition, const char *file, int line)
{
	/* <2> is the journal's priority prefix for "critical" on standard error. */
	fprintf(stderr, "<2>assertion failed: %s(%s) at %s:%d\n", kind, condition, file, line);
	fflush(stderr);
	abort();
}
