#include "ctl/keys_query_code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/digest.h"

#define LINE_SIZE (2 * DIGEST_KEY_SIZE + 1) /* with its line feed, without NUL */

/* Up to 256 bytes of getrandom are never cut short. */
static void make_line(char ret_line[static LINE_SIZE + 1])
{
	uint8_t bytes[DIGEST_KEY_SIZE];
	ENSURE(getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret_line + 2 * i, 3, "%02x", bytes[i]);
	memcpy(ret_line + 2 * sizeof(bytes), "\n", 2);
	explicit_bzero(bytes, sizeof(bytes));
}

static bool write_line(int fd, const char line[static LINE_SIZE])
{
	return write(fd, line, LINE_SIZE) == LINE_SIZE && fsync(fd) == 0;
}

bool keys_query_code_create(const char *path, struct fault *fault)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0 && errno == EEXIST)
		return fault_set(fault,
			"%s exists; it is never overwritten: the query codes that citizens hold come from it",
			path);
	if (fd < 0)
		return fault_set(fault, "%s: %s", path, language_error(errno));
	char line[LINE_SIZE + 1];
	make_line(line);
	bool written = write_line(fd, line);
	explicit_bzero(line, sizeof(line));
	if (written)
		return true;
	fault_set(fault, "%s: %s", path, language_error(errno));
	unlink(path);
	return false;
}
