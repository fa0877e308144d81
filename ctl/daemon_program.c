#include "ctl/daemon_program.h"

#include <string.h>
#include <unistd.h>

#include "base/assert.h"

bool daemon_program_find(struct buffer *ret_path)
{
	static const char *const places[] = {"", "/../sbin"};
	char folder[4096];
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	ENSURE(length > 0);
	folder[length] = '\0';
	char *slash = strrchr(folder, '/');
	ENSURE(slash);
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		buffer_clear(ret_path);
		buffer_printf(ret_path, "%s%s/wenzhengd", folder, places[i]);
		if (access(buffer_string(ret_path), X_OK) == 0)
			return true;
	}
	return false;
}
