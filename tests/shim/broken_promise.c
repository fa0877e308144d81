#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Preloaded into the daemon, this makes a library break its word while the file $BROKEN_PROMISE exists: a
 * COMMIT that succeeded leaves, says SQLite, its transaction open. The store ENSUREs that this cannot be. So
 * an assertion of the program as it is shipped fails, at the worst moment: what was asked is durable, and
 * nobody has been told.
 */
int sqlite3_get_autocommit(void *db);

int sqlite3_get_autocommit(void *db)
{
	const char *path = getenv("BROKEN_PROMISE");
	if (path && access(path, F_OK) == 0)
		return 0;
	return ((int (*)(void *))dlsym(RTLD_NEXT, "sqlite3_get_autocommit"))(db);
}
