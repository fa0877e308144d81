#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/language.h"

bool fault_set(struct fault *fault, const char *format, ...)
{
	REQUIRE(fault && format);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), _(format), arguments);
	va_end(arguments);
	return false;
}

bool fault_prefix(struct fault *fault, const char *where)
{
	REQUIRE(fault && where);
	char tail[sizeof(fault->text)];
	memcpy(tail, fault->text, sizeof(tail));
	snprintf(fault->text, sizeof(fault->text), "%.200s: %.560s", where, tail);
	return false;
}
