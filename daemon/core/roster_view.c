#include "base/assert.h"
#include "daemon/core/state.h"

/* What others may see of the roster. */

static void view_of(const struct core *self, const struct worker *worker, struct worker_view *ret_view)
{
	for (uint32_t i = 0; i < worker->departments_count; i++)
		worker->department_ids[i] = roster_department_id(self, worker->departments[i]);
	*ret_view = (struct worker_view){
		.peer = worker->peer,
		.holder = worker->holder,
		.principal = span_of_string(worker->principal),
		.credit = worker->credit,
		.offers = worker->offers,
		.process_custody = worker->process_custody,
		.departments = worker->department_ids,
		.departments_count = worker->departments_count,
		.heard = worker->heard,
	};
}

static bool view_if_there(const struct core *self, const struct worker *worker, struct worker_view *ret_view)
{
	if (!worker || worker->ended)
		return false;
	view_of(self, worker, ret_view);
	return true;
}

bool core_worker_by_peer(const struct core *self, uint64_t peer, struct worker_view *ret_view)
{
	return view_if_there(self, roster_by_peer(self, peer), ret_view);
}

bool core_worker_by_holder(const struct core *self, uint64_t holder, struct worker_view *ret_view)
{
	return view_if_there(self, roster_by_holder(self, holder), ret_view);
}

void core_each_worker(const struct core *self, struct span department, core_worker_fn each, void *context)
{
	uint16_t only = department.size ? roster_find_department(self, department) : DEPARTMENT_NONE;
	if (department.size && only == DEPARTMENT_NONE)
		return;
	for (uint32_t id = 0; id < WORKERS_MAX; id++) {
		const struct worker *worker = self->workers_by_id[id];
		bool serves = department.size == 0;
		for (uint32_t i = 0; worker && i < worker->departments_count; i++)
			serves |= worker->departments[i] == only;
		struct worker_view view;
		if (serves && view_if_there(self, worker, &view))
			each(context, &view);
	}
}

bool core_department_at(const struct core *self, uint32_t index, struct department_view *ret_view)
{
	if (index >= self->departments_count)
		return false;
	const struct department *one = &self->departments[index];
	*ret_view = (struct department_view){
		.id = span_of_string(one->id),
		.name = span_of_string(one->in_profile ? one->in_profile->name : one->id),
		.queued = one->queue.count,
		.offered = one->offered,
		.taken = one->taken,
		.workers = one->workers_count,
		.overdue = one->overdue,
		.draining = one->draining,
		.in_profile = one->in_profile != NULL,
	};
	return true;
}

struct core_totals core_totals(const struct core *self)
{
	struct core_totals totals = {
		.triage = self->triage_count,
		.workers = self->workers_count - self->ended_count,
		.overdue = self->overdue_count,
		.draining = self->draining,
	};
	for (uint32_t i = 0; i < self->departments_count; i++) {
		totals.queued += self->departments[i].queue.count;
		totals.offered += self->departments[i].offered;
		totals.taken += self->departments[i].taken;
	}
	totals.open = totals.triage + totals.queued + totals.offered + totals.taken;
	return totals;
}
