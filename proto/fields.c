#include "proto/fields.h"

const struct field_info field_infos[FIELD_TOTAL] = {
#define X(name, key_text, field_type, field_limit) \
	[FIELD_##name] = {.key = (key_text),       \
		.type = (field_type),              \
		.limit = (field_limit),            \
		.key_size = sizeof(key_text) - 1},
	FIELDS(X)
#undef X
};
