#include "tests/lib/failing.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static struct {
	const char *name;
	int left;
	int error;
	bool fired;
} armed;

void failing_arm(const char *name, int nth, int error)
{
	armed.name = name;
	armed.left = nth;
	armed.error = error;
	armed.fired = false;
}

bool failing_fired(void)
{
	armed.name = NULL;
	return armed.fired;
}

bool failing_is_now(const char *name)
{
	if (!armed.name || strcmp(armed.name, name) != 0 || --armed.left > 0)
		return false;
	armed.name = NULL;
	armed.fired = true;
	errno = armed.error;
	return true;
}
