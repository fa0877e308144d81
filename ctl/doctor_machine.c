#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "ctl/doctor.h"

/* The machine: is its clock kept right, and has its disk room? */

#define FREE_MB_MIN INT64_C(512) /* what `disk_reserve_mb` is, unless somebody says otherwise */

static void look_at_clock(struct doctor *self)
{
	struct timex timex = {.modes = 0};
	int state = adjtimex(&timex);
	if (state < 0)
		doctor_say(self, DOCTOR_WARNING, N_("clock"), NULL,
			_("the kernel does not say how it is kept: %s"), language_error(errno));
	else if (timex.status & STA_UNSYNC)
		doctor_say(self, DOCTOR_WARNING, N_("clock"),
			_("timedatectl set-ntp true, or install chrony"),
			_("nobody keeps it right; deadlines hang on it"));
	else
		doctor_say(self, DOCTOR_GOOD, N_("clock"), NULL, _("is kept right"));
}

static void look_at_disk(struct doctor *self)
{
	struct statvfs disk;
	if (statvfs(self->store, &disk) != 0) {
		doctor_say(self, errno == EACCES ? DOCTOR_WARNING : DOCTOR_BAD, N_("disk"),
			errno == EACCES ? _("run it as root")
					: _("systemd-tmpfiles --create; or --store names the folder"),
			_("%s: %s"), self->store, language_error(errno));
		return;
	}
	int64_t mb = (int64_t)(disk.f_bavail * disk.f_frsize / (1024 * 1024));
	doctor_say(self, mb < FREE_MB_MIN ? DOCTOR_WARNING : DOCTOR_GOOD, N_("disk"),
		mb < FREE_MB_MIN ? _("make room: below its reserve the daemon puts new messages off") : NULL,
		_("%lld MB are free where the store is, %s"), (long long)mb, self->store);
}

void doctor_look_at_machine(struct doctor *self)
{
	look_at_clock(self);
	look_at_disk(self);
}
