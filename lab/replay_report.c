#include "lab/replay_report.h"

#include <libsmartcols.h>

#include "base/assert.h"

#define RUNGS_IN_JSON 3

void replay_report_json(const struct replay_result *result, FILE *out)
{
	fprintf(out, "{\"accepted\":%u,\"answered\":%u,\"in_time\":%u,\"reminded\":%u,\"rung\":[",
		result->accepted, result->answered, result->in_time, result->reminded);
	for (int rung = 1; rung <= RUNGS_IN_JSON; rung++)
		fprintf(out, "%s%u", rung > 1 ? "," : "", result->rungs[rung]);
	fprintf(out, "],\"open\":%u}\n", result->open);
}

static void add_row(struct libscols_table *table, const char *what, uint32_t count, uint32_t of)
{
	char number[16], share[16] = "";
	struct libscols_line *line = scols_table_new_line(table, NULL);
	ENSURE(line);
	snprintf(number, sizeof(number), "%u", count);
	if (of > 0)
		snprintf(share, sizeof(share), "%.1f %%", 100.0 * count / of);
	int r = scols_line_set_data(line, 0, what) | scols_line_set_data(line, 1, number) |
		scols_line_set_data(line, 2, share);
	ENSURE(r == 0);
}

static void fill(struct libscols_table *table, const struct replay_result *result)
{
	uint32_t highest = RUNGS_IN_JSON;
	for (uint32_t rung = 1; rung <= RUNGS_MAX; rung++)
		if (result->rungs[rung] > 0 && rung > highest)
			highest = rung;
	add_row(table, "accepted", result->accepted, 0);
	add_row(table, "answered", result->answered, result->accepted);
	add_row(table, "  in time", result->in_time, result->accepted);
	add_row(table, "  late", result->answered - result->in_time, result->accepted);
	add_row(table, "open", result->open, result->accepted);
	add_row(table, "reminded", result->reminded, result->accepted);
	for (uint32_t rung = 1; rung <= highest; rung++) {
		char name[32];
		snprintf(name, sizeof(name), "escalated, rung %u", rung);
		add_row(table, name, result->rungs[rung], result->accepted);
	}
}

void replay_report_table(const struct replay_result *result, FILE *out)
{
	struct libscols_table *table = scols_new_table();
	ENSURE(table);
	scols_table_set_stream(table, out);
	bool built = scols_table_new_column(table, "CASES", 0, 0) &&
		     scols_table_new_column(table, "COUNT", 0, SCOLS_FL_RIGHT) &&
		     scols_table_new_column(table, "SHARE", 0, SCOLS_FL_RIGHT);
	ENSURE(built);
	fprintf(out, "%u messages to department %s, class %s\n\n", result->messages, result->department,
		result->class[0] ? result->class : "(none)");
	fill(table, result);
	scols_print_table(table);
	scols_unref_table(table);
}
