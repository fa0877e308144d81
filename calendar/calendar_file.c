#include "calendar/calendar_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "calendar/ical.h"

static bool read_whole(const char *path, struct buffer *text, struct fault *fault)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	if (!file)
		return fault_set(fault, "%s: cannot read the calendar: %s", path, language_error(errno));
	char chunk[16384];
	size_t size;
	while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buffer_append(text, chunk, size);
		if (text->size > ICAL_TEXT_SIZE_MAX)
			return fault_set(fault,
				"%s: larger than %d MiB, which is no calendar of public holidays", path,
				ICAL_TEXT_SIZE_MAX / (1024 * 1024));
	}
	if (ferror(file))
		return fault_set(fault, "%s: cannot read the calendar: %s", path, language_error(errno));
	return true;
}

static struct workdays *read_over(const struct workdays *base, const char *path, struct fault *fault)
{
	CLEANUP(buffer_deinit) struct buffer text = BUFFER_NULL;
	if (!read_whole(path, &text, fault))
		return NULL;
	return base ? workdays_overlay_ical(base, text.data, text.size, path, fault)
		    : workdays_read_ical(text.data, text.size, path, fault);
}

struct workdays *calendar_file_read(const char *const paths[], size_t count, struct fault *fault)
{
	REQUIRE(count >= 1 && fault);
	struct workdays *table = NULL;
	for (size_t i = 0; i < count; i++) {
		struct workdays *over = read_over(table, paths[i], fault);
		workdays_destroy(&table);
		if (!over)
			return NULL;
		table = over;
	}
	return table;
}
