#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/core/state.h"

/*
 * Who there is: departments, names, connected workers. Departments and names are only ever added; a profile
 * that drops a department leaves it here without `in_profile` as long as cases name it.
 */

#define WORKER_REST_US_MAX \
	(10 * 60 * US_PER_S) /* a worker that lets every lease run out is asked at least this often */
#define BEATS_MISSED_MAX 3   /* heartbeats without a word; then the worker is lost */

uint16_t roster_find_department(const struct core *self, struct span id)
{
	for (uint32_t i = 0; i < self->departments_count; i++)
		if (span_equal_string(id, self->departments[i].id))
			return (uint16_t)i;
	return DEPARTMENT_NONE;
}

uint16_t roster_department(struct core *self, struct span id)
{
	if (id.size == 0)
		return DEPARTMENT_NONE;
	uint16_t found = roster_find_department(self, id);
	if (found != DEPARTMENT_NONE)
		return found;
	ENSURE(self->departments_count < DEPARTMENT_NONE);
	uint32_t count = self->departments_count;
	self->departments = memory_resize(self->departments, count + 1, sizeof(*self->departments));
	/* The ring of pending departments is laid out anew, since its length is the number of departments. */
	uint16_t *ring = memory_new(count + 1, sizeof(*ring));
	for (uint32_t i = 0; i < self->pending_count; i++)
		ring[i] = self->pending[(self->pending_head + i) % count];
	free(self->pending);
	self->pending = ring;
	self->pending_head = 0;
	struct department *department = &self->departments[count];
	*department = (struct department){.queue = CASE_LIST_EMPTY};
	ENSURE(span_copy(id, department->id, sizeof(department->id)));
	department->in_profile = profile_find_department(self->options.profile, id);
	self->departments_count++;
	return (uint16_t)count;
}

struct span roster_department_id(const struct core *self, uint16_t department)
{
	return department == DEPARTMENT_NONE ? SPAN_EMPTY : span_of_string(self->departments[department].id);
}

uint16_t roster_name(struct core *self, struct span name)
{
	if (name.size == 0)
		return NAME_NONE;
	for (uint32_t i = 0; i < self->names_count; i++)
		if (span_equal_string(name, self->names[i].text))
			return (uint16_t)i;
	ENSURE(self->names_count < NAME_NONE);
	self->names = memory_resize(self->names, self->names_count + 1, sizeof(*self->names));
	struct name *added = &self->names[self->names_count];
	*added = (struct name){.tokens_us = 60 * US_PER_S};
	ENSURE(span_copy(name, added->text, sizeof(added->text)));
	return (uint16_t)self->names_count++;
}

struct span roster_name_text(const struct core *self, uint16_t name)
{
	return name == NAME_NONE ? SPAN_EMPTY : span_of_string(self->names[name].text);
}

void roster_pend(struct core *self, uint16_t department)
{
	struct department *one = &self->departments[department];
	if (one->pending)
		return;
	one->pending = true;
	self->pending[(self->pending_head + self->pending_count++) % self->departments_count] = department;
}

/* A process of a principal, told apart from every other principal's: nobody can claim another's by guessing.
 */
uint64_t roster_holder(struct span principal, int64_t incarnation)
{
	struct buffer bytes = BUFFER_NULL;
	buffer_append_prefixed(&bytes, principal);
	buffer_append_u64(&bytes, (uint64_t)incarnation);
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	uint64_t holder = 0;
	memcpy(&holder, digest.bytes, sizeof(holder));
	/* The store keeps it as a positive integer, and 0 means nobody. */
	holder &= INT64_MAX;
	return holder + (holder == 0);
}

struct worker *roster_by_peer(const struct core *self, uint64_t peer)
{
	struct worker *worker = NULL;
	HASH_FIND(by_peer, self->workers_by_peer, &peer, sizeof(peer), worker);
	return worker;
}

struct worker *roster_by_holder(const struct core *self, uint64_t holder)
{
	struct worker *worker = NULL;
	HASH_FIND(by_holder, self->workers_by_holder, &holder, sizeof(holder), worker);
	return worker;
}

static bool may_be_offered(const struct worker *worker, struct mono now)
{
	return worker->offers < worker->credit && !mono_before(now, worker->rests_until);
}

struct worker *roster_pick(const struct core *self, uint16_t department, struct mono now)
{
	const struct department *one = &self->departments[department];
	for (uint32_t i = 0; i < one->workers_count; i++) {
		struct worker *worker = one->workers[(one->next_worker + i) % one->workers_count];
		if (may_be_offered(worker, now))
			return worker;
	}
	return NULL;
}

void roster_picked(struct core *self, uint16_t department, const struct worker *worker)
{
	struct department *one = &self->departments[department];
	for (uint32_t i = 0; i < one->workers_count; i++)
		if (one->workers[i] == worker)
			one->next_worker = (i + 1) % one->workers_count;
}

static struct mono lost_at(const struct core *self, const struct worker *worker)
{
	return mono_add(worker->heard, BEATS_MISSED_MAX * self->options.profile->heartbeat_us);
}

void roster_watch(struct core *self, struct worker *worker)
{
	struct mono next = lost_at(self, worker);
	if (worker->rests_until.us > worker->heard.us)
		next = mono_min(next, worker->rests_until);
	heap_set(self->beats, worker->id, worker->ended ? HEAP_NEVER : next.us);
}

static void join_department(struct core *self, struct worker *worker, uint16_t department)
{
	struct department *one = &self->departments[department];
	one->workers = memory_resize(one->workers, one->workers_count + 1, sizeof(struct worker *));
	one->workers[one->workers_count++] = worker;
	roster_pend(self, department);
}

static void leave_departments(struct core *self, struct worker *worker)
{
	for (uint32_t i = 0; i < worker->departments_count; i++) {
		struct department *one = &self->departments[worker->departments[i]];
		uint32_t kept = 0;
		for (uint32_t j = 0; j < one->workers_count; j++)
			if (one->workers[j] != worker)
				one->workers[kept++] = one->workers[j];
		one->workers_count = kept;
		one->next_worker = kept ? one->next_worker % kept : 0;
	}
	free(worker->departments);
	free(worker->department_ids);
	worker->departments = NULL;
	worker->department_ids = NULL;
	worker->departments_count = 0;
}

/* Which departments a READY means; the verdict of the first that is not to be had. */
static enum verdict resolve_departments(struct core *self, const struct worker_ready *ready, uint16_t *to,
	uint32_t *ret_count, uint32_t *ret_index)
{
	const struct principal *principal = ready->principal;
	uint32_t count = ready->departments ? ready->departments_count : principal->departments_count;
	uint32_t resolved = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct span id = ready->departments ? ready->departments[i]
						    : span_of_string(principal->departments[i]);
		*ret_index = i;
		if (!principal_serves(principal, id))
			return VERDICT_NOT_YOURS;
		uint16_t department = roster_find_department(self, id);
		if (department == DEPARTMENT_NONE && ready->departments)
			return VERDICT_UNKNOWN_DEPARTMENT;
		if (department == DEPARTMENT_NONE)
			continue; /* a principal may be ahead of its profile */
		bool repeated = false;
		for (uint32_t j = 0; j < resolved; j++)
			repeated |= to[j] == department;
		if (!repeated)
			to[resolved++] = department;
	}
	*ret_count = resolved;
	return resolved ? VERDICT_DONE : VERDICT_UNKNOWN_DEPARTMENT;
}

static struct worker *make_worker(struct core *self, uint64_t holder, struct span principal)
{
	struct worker *worker = memory_new(1, sizeof(*worker));
	worker->holder = holder;
	worker->cases = CASE_LIST_EMPTY;
	while (self->workers_by_id[worker->id])
		worker->id++;
	self->workers_by_id[worker->id] = worker;
	self->workers_count++;
	ENSURE(span_copy(principal, worker->principal, sizeof(worker->principal)));
	HASH_ADD(by_holder, self->workers_by_holder, holder, sizeof(worker->holder), worker);
	return worker;
}

/* A process that comes back after a restart finds what it held. */
static void adopt_orphans(struct core *self, struct worker *worker)
{
	for (uint32_t slot = self->orphans.head, next; slot != SLOT_NONE; slot = next) {
		struct case_record *record = case_at(self, slot);
		next = record->list_next;
		if (record->holder != worker->holder)
			continue;
		case_list_remove(self, &self->orphans, slot);
		case_list_push_back(self, &worker->cases, slot);
		heap_set(self->mono, slot, HEAP_NEVER);
	}
}

enum verdict core_worker_ready(
	struct core *self, struct moment now, const struct worker_ready *ready, uint32_t *ret_index)
{
	REQUIRE(ready->incarnation > 0 && ready->credit > 0);
	struct span principal = span_of_string(ready->principal->name);
	uint16_t departments[DEPARTMENTS_PER_PRINCIPAL_MAX];
	uint32_t count = 0;
	enum verdict verdict = resolve_departments(self, ready, departments, &count, ret_index);
	if (verdict != VERDICT_DONE)
		return verdict;

	uint64_t holder = roster_holder(principal, ready->incarnation);
	struct worker *worker = roster_by_holder(self, holder), *before = roster_by_peer(self, ready->peer);
	if ((worker && worker->ended) || (!worker && self->workers_count == WORKERS_MAX))
		return VERDICT_BUSY_WORKERS; /* an ended one is freed within this turn: the retry finds it
						gone */
	if (before && before != worker)
		core_worker_end(self, ready->peer, false);
	if (!worker) {
		worker = make_worker(self, holder, principal);
		adopt_orphans(self, worker);
	} else {
		HASH_DELETE(by_peer, self->workers_by_peer, worker);
		leave_departments(self, worker);
	}
	worker->peer = ready->peer;
	HASH_ADD(by_peer, self->workers_by_peer, peer, sizeof(worker->peer), worker);
	worker->credit = (uint32_t)(ready->credit > CREDIT_MAX ? CREDIT_MAX : ready->credit);
	worker->process_custody = ready->process_custody;
	worker->heard = now.mono;
	worker->rests_until = now.mono;
	worker->expiries = 0;
	worker->departments = memory_copy(departments, count * sizeof(*departments));
	worker->department_ids = memory_new(count, sizeof(*worker->department_ids));
	worker->departments_count = count;
	for (uint32_t i = 0; i < count; i++)
		join_department(self, worker, departments[i]);
	roster_watch(self, worker);
	return VERDICT_DONE;
}

bool core_worker_heard(struct core *self, struct moment now, uint64_t peer, struct span principal)
{
	struct worker *worker = roster_by_peer(self, peer);
	if (!worker || !span_equal_string(principal, worker->principal))
		return false;
	/* Its place in the heap is put right when it comes up: a beat costs no more than this. */
	worker->heard = now.mono;
	return true;
}

void core_worker_end(struct core *self, uint64_t peer, bool blame)
{
	struct worker *worker = roster_by_peer(self, peer);
	if (!worker)
		return;
	worker->ended = true;
	worker->blame = blame;
	self->ended_count++;
	HASH_DELETE(by_peer, self->workers_by_peer, worker);
	leave_departments(self, worker);
	roster_watch(self, worker);
}

void core_worker_unreachable(struct core *self, uint64_t peer)
{
	struct worker *worker = roster_by_peer(self, peer);
	if (!worker)
		return;
	if (!worker->process_custody) {
		core_worker_end(self, peer, true);
		return;
	}
	worker->rests_until = lost_at(self, worker);
	roster_watch(self, worker);
}

void roster_free_worker(struct core *self, struct worker *worker)
{
	REQUIRE(worker->ended && worker->cases.count == 0 && worker->departments_count == 0);
	HASH_DELETE(by_holder, self->workers_by_holder, worker);
	self->workers_by_id[worker->id] = NULL;
	self->workers_count--;
	self->ended_count--;
	free(worker);
}

/* How long a worker rests after its n-th expired lease in a row: a lease, doubled each time, within bounds.
 */
void roster_rest(struct core *self, struct worker *worker, struct mono now)
{
	int64_t rest = self->options.profile->lease_us;
	for (uint32_t i = 0; i < worker->expiries && rest < WORKER_REST_US_MAX; i++)
		rest *= 2;
	worker->expiries++;
	worker->rests_until = mono_add(now, rest < WORKER_REST_US_MAX ? rest : WORKER_REST_US_MAX);
	roster_watch(self, worker);
}

bool roster_lost(struct core *self, struct worker *worker, struct mono now)
{
	if (!mono_before(now, lost_at(self, worker)))
		return true;
	/* Heard since, or done resting: look at its departments again and watch on. */
	for (uint32_t i = 0; i < worker->departments_count; i++)
		roster_pend(self, worker->departments[i]);
	if (!mono_before(now, worker->rests_until))
		worker->rests_until = (struct mono){0};
	roster_watch(self, worker);
	return false;
}
