#include "base/assert.h"
#include "proto/message.h"

const char *error_code_text(enum error_code code)
{
	static const char *const texts[ERROR_TOTAL] = {
#define X(name, text) [ERROR_##name] = (text),
		ERROR_CODES(X)
#undef X
	};
	REQUIRE(code > ERROR_NONE && code < ERROR_TOTAL);
	return texts[code];
}
