#ifndef WENZHENG_HOST_METRICS_H
#define WENZHENG_HOST_METRICS_H

#include "daemon/host/config.h"
#include "daemon/host/host.h"
#include "daemon/shell/shell.h"

/*
 * The metrics: when somebody asks for them (monitor.h) a survey is made, the figures are taken, and their
 *text is written (exposition.h), each a part in every turn of the loop; the text is then given to all who
 *wait.
 *
 *	IDLE ──asked──► SURVEYING ──► figures taken ──► WRITING ──► given ──► IDLE
 */
struct metrics;

/* What they speak of; borrowed. The members may come to point at others, the objects named here stay. */
struct metrics_subject {
	const struct config *config;
	const struct policy *policy;
	const struct shell *shell;
	struct store *store;
	struct host *host;
};

/* NULL if the configuration asks for none, or with a fault. */
struct metrics *metrics_new(const struct config *config, struct moment now, struct fault *fault);
void metrics_destroy(struct metrics **self);

int metrics_fd(const struct metrics *self);
int64_t metrics_wait_us(const struct metrics *self, struct mono now);

/* A turn of the shell has taken so long. */
void metrics_turned(struct metrics *self, int64_t turn_us);

/* After it: a part of what is to be done. 0, or negative: fatal. */
MUST_CHECK int metrics_turn(struct metrics *self, const struct metrics_subject *subject, struct mono now);

#endif
