#include "ctl/deadline_batch.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "base/span.h"
#include "calendar/deadline.h"

struct batch {
	const struct workdays *workdays;
	const char *path;
	FILE *in;
	FILE *out; /* NULL while only checking */
	unsigned long line;
	struct fault *fault;
};

static bool row_fault(struct batch *batch, const char *reason, struct span field)
{
	return fault_set(batch->fault, "%s:%lu: \"%.*s\" %s", batch->path, batch->line,
		field.size < 80 ? (int)field.size : 80, field.size ? field.data : "", reason);
}

/* What stands before the next comma; `rest` moves behind it. */
static struct span take_field(struct span *rest)
{
	const char *comma = rest->size ? memchr(rest->data, ',', rest->size) : NULL;
	size_t size = comma ? (size_t)(comma - rest->data) : rest->size;
	struct span field = span_of(rest->data, size);
	size_t taken = comma ? size + 1 : size;
	*rest = span_of(rest->data + taken, rest->size - taken);
	return field;
}

static bool parse_days(struct span text, struct deadline_within *ret_within)
{
	char term[DEADLINE_WITHIN_SIZE];
	if (text.size > 8)
		return false;
	snprintf(term, sizeof(term), "%.*s workday", SPAN_PRINT(text));
	return deadline_within_parse(span_of_string(term), ret_within);
}

static bool answer_row(struct batch *batch, struct span row)
{
	const struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	struct span received_text = take_field(&row), days_text = take_field(&row);
	struct instant received;
	struct deadline_within within;
	struct deadline deadline;
	if (!civil_parse_instant(received_text, policy.offset, &received))
		return row_fault(batch, _("is not a local time like 2026-09-30T16:00:00"), received_text);
	if (!parse_days(days_text, &within))
		return row_fault(batch, _("is not a number of working days from 1 to 366"), days_text);
	static_assert(DEADLINE_COUNT_MAX == 366, "the sentence above names the limit");
	if (!deadline_compute(batch->workdays, &policy, received, within, &deadline))
		return row_fault(batch, _("has no deadline before the year 9999"), received_text);
	if (!batch->out)
		return true;
	char date[CIVIL_DATE_SIZE];
	civil_print_date(deadline.due_date, date);
	fprintf(batch->out, "%.*s,%.*s,%s,%s\n", SPAN_PRINT(received_text), SPAN_PRINT(days_text), date,
		deadline.provisional ? "provisional" : "final");
	return true;
}

static bool take_row(struct batch *batch, struct span row)
{
	static const char header[] = "received_local,kind_days";
	if (row.size == 0)
		return true;
	if (batch->line != 1 || row.size < sizeof(header) - 1 ||
		strncasecmp(row.data, header, sizeof(header) - 1) != 0)
		return answer_row(batch, row);
	if (batch->out)
		fprintf(batch->out, "%s,deadline_date,status\n", header);
	return true;
}

/* The line without its end, and without the byte order mark that spreadsheets write. */
static struct span trim(const struct batch *batch, const char *line, size_t size)
{
	struct span row = span_of(line, size);
	while (row.size > 0 && (row.data[row.size - 1] == '\n' || row.data[row.size - 1] == '\r'))
		row.size--;
	if (batch->line == 1 && row.size >= 3 && memcmp(row.data, "\xef\xbb\xbf", 3) == 0)
		row = span_of(row.data + 3, row.size - 3);
	return row;
}

static bool run_rows(struct batch *batch)
{
	char line[DEADLINE_BATCH_LINE_SIZE_MAX + 2];
	for (batch->line = 1; fgets(line, sizeof(line), batch->in); batch->line++) {
		size_t size = strlen(line);
		/* A line that ends neither in LF nor with the file is too long, or has a NUL in it. */
		if ((size == 0 || line[size - 1] != '\n') && !feof(batch->in))
			return row_fault(batch, _("begins a line that is longer than 4096 bytes or no text"),
				span_of(line, size < 20 ? size : 20));
		if (!take_row(batch, trim(batch, line, size)))
			return false;
	}
	if (ferror(batch->in))
		return fault_set(batch->fault, "%s: cannot read: %s", batch->path, language_error(errno));
	if (batch->out && (fflush(batch->out) != 0 || ferror(batch->out)))
		return fault_set(batch->fault, "cannot write the deadlines: %s", language_error(errno));
	return true;
}

static bool is_regular(FILE *file)
{
	struct stat status;
	return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
}

bool deadline_batch_run(const struct workdays *workdays, const char *path, FILE *out, struct fault *fault)
{
	bool standard = strcmp(path, "-") == 0;
	CLEANUP(cleanup_fclose) FILE *opened = standard ? NULL : fopen(path, "re");
	if (!standard && !opened)
		return fault_set(fault, "%s: cannot read: %s", path, language_error(errno));
	struct batch batch = {
		.workdays = workdays,
		.path = standard ? _("standard input") : path,
		.in = standard ? stdin : opened,
		.fault = fault,
	};
	if (opened && is_regular(opened)) {
		if (!run_rows(&batch))
			return false;
		rewind(opened);
	}
	batch.out = out;
	return run_rows(&batch);
}
