#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#include "ctl/doctor.h"

/* The machine: is its clock kept right, has its disk room, and is there a backup? */

#define BACKUP_DAYS_MAX 2	     /* one is made every day */
#define FREE_MB_MIN	INT64_C(512) /* what `disk_reserve_mb` is, unless somebody says otherwise */

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

/* When the newest manifest of a backup was written; 0: there is none. */
static time_t newest_backup(DIR *folder)
{
	time_t newest = 0;
	struct dirent *entry;
	struct stat status;
	while ((entry = readdir(folder))) {
		size_t size = strlen(entry->d_name);
		bool is_manifest =
			entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0;
		if (is_manifest && fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 &&
			status.st_mtime > newest)
			newest = status.st_mtime;
	}
	return newest;
}

static void look_at_backups(struct doctor *self)
{
	const char *mend = _("systemctl enable --now wenzheng-backup.timer; now: wenzhengctl backup");
	char path[4096];
	snprintf(path, sizeof(path), "%s/backup", self->store);
	DIR *folder = opendir(path);
	if (!folder && errno != ENOENT) {
		doctor_say(self, DOCTOR_WARNING, N_("backups"), _("run it as root"), _("%s: %s"), path,
			language_error(errno));
		return;
	}
	time_t newest = folder ? newest_backup(folder) : 0;
	int64_t days = (time(NULL) - newest) / (24 * 60 * 60);
	if (folder)
		closedir(folder);
	if (newest == 0)
		doctor_say(self, DOCTOR_WARNING, N_("backups"), mend, _("there is none in %s"), path);
	else if (days > BACKUP_DAYS_MAX)
		doctor_say(self, DOCTOR_WARNING, N_("backups"), mend, _("the newest in %s is %lld days old"),
			path, (long long)days);
	else
		doctor_say(self, DOCTOR_GOOD, N_("backups"), NULL, _("the newest in %s is not %d days old"),
			path, BACKUP_DAYS_MAX + 1);
}

void doctor_look_at_machine(struct doctor *self)
{
	look_at_clock(self);
	look_at_disk(self);
	look_at_backups(self);
}
