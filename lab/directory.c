#include "lab/directory.h"

#include "base/assert.h"

bool directory_choose(struct peer *portal, struct child *child, const char *wanted,
	char ret_department[static DEPARTMENT_ID_SIZE_MAX + 1], struct fault *fault)
{
	struct message list, item;
	char after[DEPARTMENT_ID_SIZE_MAX + 1] = "";
	do {
		struct writer *writer = peer_begin(portal, KIND_DIRECTORY, NULL);
		if (*after)
			writer_text(writer, FIELD_AFTER, span_of_string(after));
		if (!peer_ask(portal, child, KIND_LIST, &list, fault))
			return false;
		struct field_value rest = list.values[FIELD_ITEMS];
		while (message_items_next(&rest, &item)) {
			struct span id = message_text(&item, FIELD_DEPARTMENT);
			if (!wanted || span_equal_string(id, wanted))
				return span_copy(id, ret_department, DEPARTMENT_ID_SIZE_MAX + 1);
		}
		ENSURE(span_copy(message_text(&list, FIELD_AFTER), after, sizeof(after)));
	} while (message_flag(&list, FIELD_MORE) && *after);
	return fault_set(fault, "the profile has no department '%s'", wanted ? wanted : "");
}
