#include "daemon/host/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define STATUS_EVERY_US (5 * US_PER_S)
#define IDLE_TURN_US	US_PER_S /* the loop turns at least this often: disk and clock are looked at */

int service_init(struct service *self)
{
	sigset_t signals;
	uint64_t watchdog_us = 0;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return FATAL(errno, "sigprocmask");
	(void)signal(SIGPIPE, SIG_IGN);
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks from another process, as a debugger does */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return FATAL(errno, "prctl");
#endif
	*self = SERVICE_NULL;
	self->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (self->signal_fd < 0)
		return FATAL(errno, "signalfd");
	if (!datagram_init(&self->manager, getenv("NOTIFY_SOCKET")))
		return FATAL(errno, "socket");
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		self->watchdog_us = (int64_t)(watchdog_us / 3);
	return 0;
}

void service_deinit(struct service *self)
{
	if (self->signal_fd >= 0)
		close(self->signal_fd);
	datagram_deinit(&self->manager);
	*self = SERVICE_NULL;
}

enum service_signal service_signal(struct service *self)
{
	struct signalfd_siginfo info;
	if (read(self->signal_fd, &info, sizeof(info)) != sizeof(info))
		return SERVICE_NONE;
	return info.ssi_signo == SIGHUP ? SERVICE_RELOAD : SERVICE_STOP;
}

/* True unless it has to be said again. A manager that is not there has heard all it ever will. */
static bool tell(struct service *self, const char *words)
{
	return datagram_send(&self->manager, span_of_string(words)) != DATAGRAM_FULL;
}

void service_ready(struct service *self)
{
	self->ready_unsaid = !tell(self, "READY=1");
}

void service_reloading(struct service *self, struct mono now)
{
	char words[64];
	snprintf(words, sizeof(words), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now.us);
	(void)tell(self, words); /* the READY that follows is what must arrive */
}

void service_starting(struct service *self, const char *what)
{
	char words[256];
	snprintf(words, sizeof(words), "EXTEND_TIMEOUT_USEC=%" PRId64 "\nSTATUS=%s", 2 * 60 * US_PER_S, what);
	(void)tell(self, words);
}

void service_stopping(struct service *self)
{
	(void)tell(self, "STOPPING=1\nSTATUS=finishing"); /* the end itself says it, too */
}

void service_turned(struct service *self, struct mono now)
{
	if (self->ready_unsaid)
		service_ready(self);
	if (self->watchdog_us > 0 && now.us >= self->watchdog_at && tell(self, "WATCHDOG=1"))
		self->watchdog_at = now.us + self->watchdog_us;
}

bool service_status_due(const struct service *self, struct mono now)
{
	return now.us >= self->status_at;
}

void service_status(
	struct service *self, struct mono now, const struct shell_status *status, int32_t oldest_workdays)
{
	char words[256], oldest[64] = "";
	const struct core_totals *totals = &status->totals;
	if (oldest_workdays >= 0)
		snprintf(oldest, sizeof(oldest), ", the oldest for %" PRId32 " working day%s",
			oldest_workdays, oldest_workdays == 1 ? "" : "s");
	snprintf(words, sizeof(words),
		"STATUS=%s%u open, %u overdue%s (%u waiting for a worker, %u at triage), %u workers%s%s",
		status->laboratory ? "LABORATORY: " : "", totals->open, totals->overdue, oldest,
		totals->queued, totals->triage, totals->workers, status->clock_held ? ", CLOCK HELD" : "",
		status->disk_low ? ", DISK LOW" : "");
	(void)tell(self, words);
	self->status_at = now.us + STATUS_EVERY_US;
}

int64_t service_wait_us(const struct service *self, int64_t wait_us)
{
	int64_t most =
		self->watchdog_us > 0 && self->watchdog_us < IDLE_TURN_US ? self->watchdog_us : IDLE_TURN_US;
	return wait_us < most ? wait_us : most;
}
