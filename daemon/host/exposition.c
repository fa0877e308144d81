#include "daemon/host/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/host/families.h"

void exposition_escape(struct buffer *text, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			buffer_append(text, "\\n", 2);
			continue;
		}
		if (*value == '\\' || *value == '"')
			buffer_append_byte(text, '\\');
		buffer_append_byte(text, (uint8_t)*value);
	}
}

void exposition_number(struct buffer *text, int64_t value, int64_t unit)
{
	REQUIRE(unit > 0);
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t rest = size % (uint64_t)unit;
	buffer_printf(text, "%s%" PRIu64, value < 0 ? "-" : "", size / (uint64_t)unit);
	if (rest)
		buffer_append_byte(text, '.');
	for (uint64_t digit = (uint64_t)unit / 10; rest; digit /= 10) {
		buffer_append_byte(text, (uint8_t)('0' + rest / digit));
		rest %= digit;
	}
}

static int64_t value_at(const void *base, size_t at)
{
	int64_t value;
	memcpy(&value, (const char *)base + at, sizeof(value));
	return value;
}

static void write_head(const struct family *family, struct buffer *text)
{
	static const char *const kinds[] = {
		[GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram"};
	if (family->help)
		buffer_printf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
			kinds[family->kind]);
}

static void write_value(const struct family *family, int64_t value, struct buffer *text)
{
	buffer_append_byte(text, ' ');
	exposition_number(text, value, family->unit);
	buffer_append_byte(text, '\n');
}

static void write_bucket(
	const struct family *family, const struct histogram *histogram, size_t bound, struct buffer *text)
{
	buffer_printf(text, "%s_bucket{le=\"", family->name);
	if (bound == histogram->scale->count)
		buffer_printf(text, "+Inf");
	else
		exposition_number(text, histogram->scale->bounds[bound], family->unit);
	uint64_t count = 0;
	for (size_t i = 0; i <= bound; i++)
		count += histogram->counts[i];
	buffer_printf(text, "\"} %" PRIu64 "\n", count);
}

static unsigned write_histogram(
	const struct family *family, const struct histogram *histogram, struct buffer *text)
{
	unsigned lines = 0;
	write_head(family, text);
	for (size_t bound = 0; bound <= histogram->scale->count; bound++, lines++)
		write_bucket(family, histogram, bound, text);
	buffer_printf(text, "%s_sum ", family->name);
	exposition_number(text, histogram->sum, family->unit);
	buffer_printf(text, "\n%s_count %" PRIu64 "\n", family->name, histogram_count(histogram));
	return lines + 4;
}

static unsigned write_one(const struct figures *figures, const struct family *family, struct buffer *text)
{
	int64_t value = value_at(figures, family->at);
	if (value == FIGURE_NONE)
		return 0;
	write_head(family, text);
	buffer_printf(text, "%s", family->name);
	if (family->at == offsetof(struct figures, built))
		buffer_printf(text, "{version=\"%s\"}", figures->version);
	write_value(family, value, text);
	return 3;
}

static unsigned write_entry(
	const struct figures *figures, const struct family *family, uint32_t entry, struct buffer *text)
{
	const char *word = family->each_word(entry);
	if (entry == 0)
		write_head(family, text);
	if (!word)
		return 0;
	buffer_printf(text, "%s{%s%s%s=\"%s\"}", family->name, family->labels ? family->labels : "",
		family->labels ? "," : "", family->each_label, word);
	write_value(family, value_at(figures, family->at + entry * sizeof(int64_t)), text);
	return 1;
}

static void write_department(
	const struct figures *figures, const struct family *family, uint32_t index, struct buffer *text)
{
	const struct figures_department *department = &figures->departments[index];
	if (index == 0)
		write_head(family, text);
	buffer_printf(text, "%s{department=\"", family->name);
	exposition_escape(text, department->id);
	buffer_append_byte(text, '"');
	if (family->labels)
		buffer_printf(text, ",%s", family->labels);
	if (family->at == offsetof(struct figures_department, named)) {
		buffer_printf(text, ",name=\"");
		exposition_escape(text, department->name);
		buffer_append_byte(text, '"');
	}
	buffer_append_byte(text, '}');
	write_value(family, value_at(department, family->at), text);
}

/* One item of a family; `ret_items` says how many it has. Returns the lines written, or a little less. */
static unsigned write_item(const struct figures *figures, const struct family *family, uint32_t item,
	uint32_t *ret_items, struct buffer *text)
{
	switch (family->of) {
	case OF_EACH:
		*ret_items = family->each_count;
		return write_entry(figures, family, item, text);
	case OF_DEPARTMENT:
		*ret_items = figures->departments_count;
		if (item < figures->departments_count)
			write_department(figures, family, item, text);
		return 1;
	case OF_ALL:
		break;
	}
	*ret_items = 1;
	if (family->kind != HISTOGRAM)
		return write_one(figures, family, text);
	return write_histogram(family, (const void *)((const char *)figures + family->at), text);
}

bool exposition_write(struct exposition *self, unsigned lines_max, struct buffer *text)
{
	unsigned lines = 0;
	while (self->family < families_count && lines < lines_max) {
		uint32_t items;
		lines += write_item(self->figures, &families[self->family], self->item, &items, text);
		if (++self->item >= items) {
			self->family++;
			self->item = 0;
		}
	}
	return self->family == families_count;
}
