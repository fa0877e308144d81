#include "daemon/host/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
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
	signal(SIGPIPE, SIG_IGN);
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks from another process, as a debugger does */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return FATAL(errno, "prctl");
#endif
	*self = (struct service){.signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC)};
	if (self->signal_fd < 0)
		return FATAL(errno, "signalfd");
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		self->watchdog_us = (int64_t)(watchdog_us / 3);
	return 0;
}

void service_deinit(struct service *self)
{
	if (self->signal_fd >= 0)
		close(self->signal_fd);
	self->signal_fd = -1;
}

enum service_signal service_signal(struct service *self)
{
	struct signalfd_siginfo info;
	if (read(self->signal_fd, &info, sizeof(info)) != sizeof(info))
		return SERVICE_NONE;
	return info.ssi_signo == SIGHUP ? SERVICE_RELOAD : SERVICE_STOP;
}

void service_ready(void)
{
	sd_notify(0, "READY=1");
}

void service_reloading(struct mono now)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now.us);
}

void service_stopping(void)
{
	sd_notify(0, "STOPPING=1\nSTATUS=finishing");
}

void service_starting(const char *what)
{
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64 "\nSTATUS=%s", 2 * 60 * US_PER_S, what);
}

void service_turned(struct service *self, struct mono now, const struct shell_status *status)
{
	if (self->watchdog_us > 0 && now.us >= self->watchdog_at) {
		sd_notify(0, "WATCHDOG=1");
		self->watchdog_at = now.us + self->watchdog_us;
	}
	if (now.us < self->status_at)
		return;
	self->status_at = now.us + STATUS_EVERY_US;
	sd_notifyf(0, "STATUS=%s%u open (%u waiting for a worker, %u at triage, %u overdue), %u workers%s%s",
		status->laboratory ? "LABORATORY: " : "", status->totals.open, status->totals.queued,
		status->totals.triage, status->totals.overdue, status->totals.workers,
		status->clock_held ? ", CLOCK HELD" : "", status->disk_low ? ", DISK LOW" : "");
}

int64_t service_wait_us(const struct service *self, int64_t wait_us)
{
	int64_t most =
		self->watchdog_us > 0 && self->watchdog_us < IDLE_TURN_US ? self->watchdog_us : IDLE_TURN_US;
	return wait_us < most ? wait_us : most;
}
