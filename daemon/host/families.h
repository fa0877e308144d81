#ifndef WENZHENG_HOST_FAMILIES_H
#define WENZHENG_HOST_FAMILIES_H

#include <stddef.h>

#include "daemon/host/figures.h"

/*
 * The one table of what is shown: name, kind, where the value stands, its unit, what it means. The names
 * follow Prometheus' conventions: seconds and bytes, _total behind what only grows. Entries that share a name
 * stand together, and the first has the help.
 */
enum family_kind {
	GAUGE,
	COUNTER,
	HISTOGRAM,
};

enum family_of {
	OF_ALL,	       /* one value */
	OF_EACH,       /* one for each entry of an array of 64-bit numbers */
	OF_DEPARTMENT, /* one for each department */
};

struct family {
	const char *name;
	enum family_kind kind;
	enum family_of of;
	size_t at;		/* in struct figures, or struct figures_department */
	int64_t unit;		/* what is shown as 1 */
	const char *labels;	/* fixed ones, NULL: none */
	const char *each_label; /* of OF_EACH, with the word for an entry, NULL: that entry is not shown */
	const char *(*each_word)(uint32_t entry);
	uint32_t each_count;
	const char *help;
};

extern const struct family families[];
extern const size_t families_count;

#endif
