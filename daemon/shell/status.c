#include "base/assert.h"
#include "daemon/shell/state.h"

/* STATUS: the whole in figures, and each department's. */

static void write_department(struct writer *writer, const struct department_view *department)
{
	writer_item_begin(writer);
	writer_text(writer, FIELD_DEPARTMENT, department->id);
	writer_text(writer, FIELD_NAME, department->name);
	writer_number(writer, FIELD_QUEUED, department->queued);
	writer_number(writer, FIELD_OFFERED, department->offered);
	writer_number(writer, FIELD_HELD, department->taken);
	writer_number(writer, FIELD_OVERDUE, department->overdue);
	writer_number(writer, FIELD_WORKERS, department->workers);
	if (department->draining)
		writer_text(writer, FIELD_STATE, SPAN_LITERAL("draining"));
	writer_item_end(writer);
}

/* Those of the profile, and those it dropped as long as they have cases. As many as an answer may hold. */
static void write_departments(struct shell *self, struct writer *writer)
{
	struct department_view department;
	int64_t room = field_infos[FIELD_ITEMS].limit;
	for (uint32_t i = 0; core_department_at(self->core, i, &department) && room > 0; i++) {
		if (!department.in_profile && department.queued + department.offered + department.taken == 0)
			continue;
		write_department(writer, &department);
		room--;
	}
}

static int find_oldest(void *context, const struct case_row *row)
{
	struct instant *oldest = context;
	*oldest = row->received;
	return 1; /* ordered by case id: the first is the oldest */
}

static int oldest_stored(struct shell *self, struct instant *ret_oldest)
{
	struct store *store = self->options.store;
	struct case_filter filter = {.open_only = true, .limit = 1};
	*ret_oldest = INSTANT_NEVER;
	int r = store->interface->walk_cases(store, &filter, find_oldest, ret_oldest);
	return r < 0 ? FORWARD(r) : 0;
}

static int oldest_open(struct shell *self, struct instant *ret_oldest)
{
	int r = flush_rows(self);
	return r == 0 ? oldest_stored(self, ret_oldest) : r;
}

int handle_status(const struct request *request)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct core_totals totals = core_totals(self->core);
	struct store_totals ever;
	struct instant oldest, next = core_next_wakeup(self->core).wall;
	int r = store->interface->totals(store, &ever);
	if (r == 0)
		r = oldest_open(self, &oldest);
	if (r != 0)
		return r;
	char horizon[CIVIL_DATE_SIZE];
	civil_print_date(workdays_horizon(self->options.workdays), horizon);
	struct writer writer;
	answer_begin(request, KIND_REPORT, &writer);
	writer_text(&writer, FIELD_VERSION, span_of_string(self->options.version));
	writer_text(&writer, FIELD_NAME, span_of_string(self->options.profile->name));
	writer_time(&writer, FIELD_NOW, self->now.wall);
	writer_number(&writer, FIELD_OPEN, totals.open);
	writer_number(&writer, FIELD_QUEUED, totals.queued);
	writer_number(&writer, FIELD_OFFERED, totals.offered);
	writer_number(&writer, FIELD_HELD, totals.taken);
	writer_number(&writer, FIELD_TRIAGE, totals.triage);
	writer_number(&writer, FIELD_OVERDUE, totals.overdue);
	writer_number(&writer, FIELD_WORKERS, totals.workers);
	writer_number(&writer, FIELD_ACCEPTED, ever.accepted);
	writer_number(&writer, FIELD_CLOSED, ever.answered);
	writer_text(&writer, FIELD_CLOCK,
		core_clock_held(self->core) ? SPAN_LITERAL("held") : SPAN_LITERAL("ok"));
	writer_flag(&writer, FIELD_LABORATORY, self->identity.laboratory);
	writer_text(&writer, FIELD_HORIZON, span_of_string(horizon));
	if (!instant_is_never(oldest))
		writer_time(&writer, FIELD_OLDEST, oldest);
	if (!instant_is_never(next))
		writer_time(&writer, FIELD_NEXT, next);
	if (self->disk_low)
		writer_text(&writer, FIELD_CODE, SPAN_LITERAL("disk-low"));
	else if (totals.draining)
		writer_text(&writer, FIELD_CODE, SPAN_LITERAL("draining"));
	writer_items_begin(&writer);
	write_departments(self, &writer);
	writer_items_end(&writer);
	answer_end(request, &writer);
	return 0;
}

struct shell_status shell_status(const struct shell *self)
{
	return (struct shell_status){
		.totals = core_totals(self->core),
		.laboratory = self->identity.laboratory,
		.clock_held = core_clock_held(self->core),
		.now = self->now.wall,
		.disk_low = self->disk_low,
		.stopped_writing = self->stopped_writing,
	};
}

int shell_oldest_workdays(struct shell *self, int32_t *ret_workdays)
{
	struct instant oldest;
	struct utc_offset offset = self->options.profile->policy.offset;
	int r = oldest_stored(self, &oldest);
	if (r < 0)
		return FORWARD(r);
	*ret_workdays = instant_is_never(oldest) ? -1
						 : workdays_count_between(self->options.workdays,
							   civil_date_of(oldest, offset),
							   civil_date_of(self->now.wall, offset));
	return 0;
}
