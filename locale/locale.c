#include "locale/locale.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/language.h"

#define CATALOGUE_SIZE_MAX (4 * 1024 * 1024)
#define PATH_SIZE	   4096

/* ---- what is asked for ---- */

const char *locale_wanted(const char *(*variable)(const char *name))
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *locale = NULL, *list = variable("LANGUAGE");
	for (size_t i = 0; (!locale || !*locale) && i < sizeof(names) / sizeof(names[0]); i++)
		locale = variable(names[i]);
	bool given = locale && *locale;
	if (given && (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0))
		return "";
	if (list && *list)
		return list;
	return given ? locale : "";
}

static bool is_english(const char *name)
{
	return strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0 || strcmp(name, "en") == 0 ||
	       strncmp(name, "en_", 3) == 0;
}

bool locale_next(const char **list, char ret_name[static LOCALE_NAME_SIZE])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	while (**list) {
		const char *name = *list;
		size_t size = strcspn(name, ":"), stem = strspn(name, letters);
		*list += size + (name[size] == ':');
		bool whole = stem == size || name[stem] == '.' || name[stem] == '@';
		if (stem == 0 || stem >= LOCALE_NAME_SIZE || !whole)
			continue;
		memcpy(ret_name, name, stem);
		ret_name[stem] = '\0';
		return !is_english(ret_name);
	}
	return false;
}

/* ---- where it lies ---- */

/* Catalogues are ours, and few; the map is kept as long as the process lives. */
static bool map_file(const char *path, struct span *ret_bytes)
{
	struct stat status;
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0 ||
		status.st_size > CATALOGUE_SIZE_MAX)
		return false;
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	*ret_bytes = span_of(bytes, (size_t)status.st_size);
	return true;
}

static bool find_in(const char *folder, const char *name, struct catalogue *ret_catalogue)
{
	char path[PATH_SIZE];
	struct span bytes;
	int size = snprintf(path, sizeof(path), "%s/%s/LC_MESSAGES/wenzheng.mo", folder, name);
	return size > 0 && (size_t)size < sizeof(path) && map_file(path, &bytes) &&
	       catalogue_read(bytes, ret_catalogue);
}

/* "" if it cannot be said: then only what was installed is found. */
static void find_own_folder(char ret_folder[static PATH_SIZE / 2])
{
	ssize_t size = readlink("/proc/self/exe", ret_folder, PATH_SIZE / 2 - 1);
	ret_folder[size > 0 ? size : 0] = '\0';
	char *slash = strrchr(ret_folder, '/');
	if (slash)
		*slash = '\0';
}

static bool find(const char *name, struct catalogue *ret_catalogue)
{
	char own[PATH_SIZE / 2], beside[PATH_SIZE], shared[PATH_SIZE];
	find_own_folder(own);
	snprintf(beside, sizeof(beside), "%s/locale", own);
	snprintf(shared, sizeof(shared), "%s/../share/locale", own);
	return find_in(beside, name, ret_catalogue) || find_in(shared, name, ret_catalogue) ||
	       find_in(WENZHENG_LOCALEDIR, name, ret_catalogue);
}

static const char *environment_variable(const char *name)
{
	return getenv(name);
}

void locale_start(void)
{
	static struct catalogue catalogue; /* that language_use was given, for the process's life */
	const char *list = locale_wanted(environment_variable);
	char name[LOCALE_NAME_SIZE];
	while (locale_next(&list, name)) {
		if (find(name, &catalogue)) {
			language_use(&catalogue);
			return;
		}
	}
}
