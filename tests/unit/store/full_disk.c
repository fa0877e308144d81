#include "tests/unit/store/full_disk.h"

#include <sqlite3.h>
#include <string.h>

#include "base/assert.h"

/* The file of this VFS: ours, and behind it the real one's. */
struct shim_file {
	sqlite3_file file;
	sqlite3_file *real;
};

static struct {
	struct full_disk *disk;
	sqlite3_vfs *real;
	sqlite3_vfs vfs;
	sqlite3_io_methods methods;
} shim;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct shim_file *)(void *)file)->real;
}

static int shim_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
	return real_of(file)->pMethods->xRead(real_of(file), data, size, at);
}

static int shim_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);
	sqlite3_int64 length = 0;
	if (shim.disk->fail_write > 0 && --shim.disk->fail_write == 0)
		return SQLITE_IOERR_WRITE;
	ENSURE(real->pMethods->xFileSize(real, &length) == SQLITE_OK);
	int64_t growth = at + size - length;
	if (growth > 0 && shim.disk->room >= 0) {
		if (growth > shim.disk->room) {
			shim.disk->refused++;
			/* As a real disk does: what fits is written, the rest is not. */
			int part = (int)(size - growth + shim.disk->room);
			shim.disk->room = 0;
			if (part > 0)
				(void)real->pMethods->xWrite(real, data, part, at);
			return SQLITE_FULL;
		}
		shim.disk->room -= growth;
	}
	return real->pMethods->xWrite(real, data, size, at);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
	if (shim.disk->fail_sync > 0 && --shim.disk->fail_sync == 0)
		return SQLITE_IOERR_FSYNC;
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int shim_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_reserved(sqlite3_file *file, int *ret_reserved)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_reserved);
}

static int shim_control(sqlite3_file *file, int operation, void *argument)
{
	/* A hint to make room in advance would go round the limit. */
	if (operation == SQLITE_FCNTL_SIZE_HINT)
		return SQLITE_OK;
	return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int shim_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_memory)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret_memory);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int also_delete)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), also_delete);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	(void)vfs;
	struct shim_file *self = (struct shim_file *)(void *)file;
	self->file.pMethods = NULL;
	self->real = (sqlite3_file *)(void *)(self + 1);
	int result = shim.real->xOpen(shim.real, name, self->real, flags, ret_flags);
	if (self->real->pMethods)
		self->file.pMethods = &shim.methods;
	return result;
}

void full_disk_mount(struct full_disk *disk)
{
	REQUIRE(!shim.disk);
	shim.disk = disk;
	shim.real = sqlite3_vfs_find(NULL);
	ENSURE(shim.real && strcmp(shim.real->zName, "unix") == 0);
	shim.methods = (sqlite3_io_methods){2, shim_close, shim_read, shim_write, shim_truncate, shim_sync,
		shim_size, shim_lock, shim_unlock, shim_reserved, shim_control, shim_sector, shim_device,
		shim_shm_map, shim_shm_lock, shim_shm_barrier, shim_shm_unmap, NULL, NULL};
	/* Everything but opening is the real one's, which looks at nothing of the structure itself but its
	 * own data. */
	shim.vfs = *shim.real;
	shim.vfs.zName = "full-disk";
	shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
	shim.vfs.xOpen = shim_open;
	ENSURE(sqlite3_vfs_register(&shim.vfs, 1) == SQLITE_OK);
}

void full_disk_unmount(void)
{
	REQUIRE(shim.disk);
	ENSURE(sqlite3_vfs_unregister(&shim.vfs) == SQLITE_OK);
	ENSURE(sqlite3_vfs_register(shim.real, 1) == SQLITE_OK);
	shim.disk = NULL;
}
