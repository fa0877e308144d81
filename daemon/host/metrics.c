#include "daemon/host/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/host/exposition.h"
#include "daemon/host/monitor.h"
#include "daemon/host/process.h"
#include "daemon/host/survey.h"

enum stage {
	IDLE,
	SURVEYING,
	WRITING,
};

struct metrics {
	struct monitor *monitor;
	enum stage stage;
	struct survey survey;
	struct figures figures; /* its departments are kept from one text to the next */
	uint32_t departments_capacity;
	struct mono taken; /* when the figures were */
	struct exposition exposition;
	struct buffer text;
	struct histogram turns;
	struct instant started;
};

struct metrics *metrics_new(const struct config *config, struct moment now, struct fault *fault)
{
	struct monitor_options options = {config->metrics_socket, (uint16_t)config->metrics_port};
	struct monitor *monitor = monitor_new(&options, fault);
	if (!monitor)
		return NULL;
	struct metrics *self = memory_new(1, sizeof(*self));
	self->monitor = monitor;
	self->turns.scale = &counts_scale_turn;
	self->started = now.wall;
	return self;
}

void metrics_destroy(struct metrics **self)
{
	struct metrics *metrics = *self;
	if (!metrics)
		return;
	monitor_destroy(&metrics->monitor);
	survey_deinit(&metrics->survey);
	buffer_deinit(&metrics->text);
	free(metrics->figures.departments);
	free(metrics);
	*self = NULL;
}

int metrics_fd(const struct metrics *self)
{
	return monitor_fd(self->monitor);
}

int64_t metrics_wait_us(const struct metrics *self, struct mono now)
{
	return self->stage == IDLE ? monitor_wait_us(self->monitor, now) : 0;
}

void metrics_turned(struct metrics *self, int64_t turn_us)
{
	histogram_add(&self->turns, turn_us);
}

/* ---- the figures ---- */

static int64_t size_of_file(const char *path, const char *suffix)
{
	char *name;
	struct stat file;
	ENSURE(asprintf(&name, "%s%s", path, suffix) >= 0);
	int64_t size = stat(name, &file) == 0 ? file.st_size : 0;
	free(name);
	return size;
}

/* A clock that was set back makes nothing older than it is. */
static int64_t age_of(struct instant oldest, struct instant now)
{
	return instant_before(oldest, now) ? now.us - oldest.us : 0;
}

static int64_t workdays_of(const struct policy *policy, struct instant oldest, struct instant now)
{
	struct utc_offset offset = policy->profile->policy.offset;
	if (!instant_before(oldest, now))
		return 0;
	return workdays_count_between(
		policy->workdays, civil_date_of(oldest, offset), civil_date_of(now, offset));
}

static struct figures_department *next_department(struct metrics *self)
{
	struct figures *figures = &self->figures;
	if (figures->departments_count == self->departments_capacity) {
		self->departments_capacity = self->departments_capacity ? self->departments_capacity * 2 : 64;
		figures->departments = memory_resize(
			figures->departments, self->departments_capacity, sizeof(*figures->departments));
	}
	return &figures->departments[figures->departments_count++];
}

/* Those that STATUS shows: of the profile, and those it dropped as long as they have cases. */
static void take_departments(struct metrics *self, const struct metrics_subject *subject, struct instant now)
{
	struct department_view view;
	self->figures.departments_count = 0;
	for (uint32_t i = 0; core_department_at(shell_core(subject->shell), i, &view); i++) {
		if (!view.in_profile && view.queued + view.offered + view.taken == 0)
			continue;
		bool surveyed = i < self->survey.oldest_count;
		struct instant oldest = surveyed ? self->survey.oldest[i] : INSTANT_NEVER;
		struct figures_department *one = next_department(self);
		*one = (struct figures_department){.named = 1,
			.queued = view.queued,
			.offered = view.offered,
			.taken = view.taken,
			.overdue = view.overdue,
			.workers = view.workers,
			.draining = view.draining,
			.oldest_us = age_of(oldest, now),
			.oldest_workdays = workdays_of(subject->policy, oldest, now)};
		ENSURE(span_copy(view.id, one->id, sizeof(one->id)));
		ENSURE(span_copy(view.name, one->name, sizeof(one->name)));
	}
}

static int take_store(struct figures *figures, struct store *store, const char *path)
{
	struct store_totals totals;
	struct digest head;
	int r = store->interface->totals(store, &totals);
	if (r == 0)
		r = store->interface->chain_head(store, &figures->journal_records, &head);
	if (r < 0)
		return FORWARD(r);
	figures->accepted = totals.accepted;
	figures->answered = totals.answered;
	figures->store_bytes = size_of_file(path, "");
	figures->wal_bytes = size_of_file(path, "-wal");
	return 0;
}

static void take_status(struct figures *figures, const struct shell *shell)
{
	struct shell_status status = shell_status(shell);
	figures->laboratory = status.laboratory;
	figures->triage = status.totals.triage;
	figures->workers = status.totals.workers;
	figures->draining = status.totals.draining;
	figures->clock_held = status.clock_held;
	figures->disk_low = status.disk_low;
	figures->store_full = status.stopped_writing;
	figures->counts = *shell_counts(shell);
}

static void take_host(struct metrics *self, const struct metrics_subject *subject)
{
	struct figures *figures = &self->figures;
	struct io *io = host_io(subject->host);
	struct monitor_counts counts = monitor_counts(self->monitor);
	int64_t room = io->disk_free(io);
	figures->disk_free_bytes = room == INT64_MAX ? FIGURE_NONE : room;
	figures->disk_reserve_bytes = subject->config->disk_reserve;
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		figures->strangers[zone] = (int64_t)host_denied(subject->host, zone);
	figures->scrapes_answered = (int64_t)counts.answered;
	figures->scrapes_refused = (int64_t)counts.refused;
	figures->scrapes_dropped = (int64_t)counts.dropped;
	figures->turns = self->turns;
	figures->backup_us = self->survey.backup.us;
	process_measure(&figures->process);
	figures->process.start_us = self->started.us;
	figures->process.descriptors = self->survey.descriptors ? self->survey.descriptors : FIGURE_NONE;
}

static int take_figures(struct metrics *self, const struct metrics_subject *subject, struct mono now)
{
	struct figures *figures = &self->figures;
	const struct policy *policy = subject->policy;
	struct instant wall = shell_status(subject->shell).now;
	figures->version = WENZHENG_VERSION;
	figures->built = 1;
	figures->triage_oldest_us = age_of(self->survey.triage_oldest, wall);
	figures->horizon_us =
		civil_instant(workdays_horizon(policy->workdays), 0, policy->profile->policy.offset).us;
	take_status(figures, subject->shell);
	take_departments(self, subject, wall);
	take_host(self, subject);
	self->taken = now;
	return take_store(figures, subject->store, subject->config->store);
}

/* ---- the turn ---- */

static int survey(struct metrics *self, const struct metrics_subject *subject, struct mono now)
{
	if (!survey_turn(&self->survey, subject->shell, subject->config->backup))
		return 0;
	int r = take_figures(self, subject, now);
	if (r < 0)
		return FORWARD(r);
	self->exposition = (struct exposition){.figures = &self->figures};
	self->stage = WRITING;
	return 0;
}

int metrics_turn(struct metrics *self, const struct metrics_subject *subject, struct mono now)
{
	monitor_turn(self->monitor, now);
	switch (self->stage) {
	case IDLE:
		if (!monitor_is_asked(self->monitor))
			return 0;
		survey_begin(&self->survey, subject->shell);
		self->stage = SURVEYING;
		return 0;
	case SURVEYING:
		return survey(self, subject, now);
	case WRITING:
		if (!exposition_write(&self->exposition, EXPOSITION_LINES_PER_TURN, &self->text))
			return 0;
		monitor_give(self->monitor, &self->text, self->taken);
		self->stage = IDLE;
		return 0;
	}
	UNREACHABLE();
}
