#include "ctl/columns.h"

#include <string.h>
#include <strings.h>

struct span columns_next(const char **list)
{
	size_t size = strcspn(*list, ",");
	struct span name = span_of(*list, size);
	*list += size + ((*list)[size] == ',');
	return name;
}

unsigned columns_find(const struct screen_column *columns, unsigned count, struct span name)
{
	unsigned i = 0;
	while (i < count && (strlen(columns[i].name) != name.size ||
				    strncasecmp(columns[i].name, name.data, name.size) != 0))
		i++;
	return i;
}

bool columns_check(
	const char *output, const struct screen_column *columns, unsigned count, struct span *ret_name)
{
	do {
		*ret_name = columns_next(&output);
		if (columns_find(columns, count, *ret_name) == count)
			return false;
	} while (*output);
	return true;
}
