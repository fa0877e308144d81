#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "tests/crash/disk.h"
#include "tests/crash/disk_inside.h"

/* The disk as SQLite sees it. Between processes there is nothing to lock; between connections the WAL's locks
 * tell a writer, a reader and a checkpoint apart. */

#define SHM_PAGE_SIZE 32768

struct vfs_file {
	sqlite3_file file; /* first */
	enum disk_name name;
	int number;
	bool sync_folder; /* with the first sync: its name is new */
	bool has_shm;
};

static struct {
	struct disk *disk;
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	struct prng prng;
} global;

static struct vfs_file *of(sqlite3_file *file)
{
	return (struct vfs_file *)(void *)file;
}

static struct disk_file *bytes_of(sqlite3_file *file)
{
	return &global.disk->files[of(file)->number];
}

/* The outcome of a request that would fail with `failure`. */
static int meet(int failure)
{
	struct disk_fault *fault = &global.disk->fault;
	bool is_write = failure == SQLITE_IOERR_WRITE;
	if (fault->then_reads_fail && fault->met > 0 && failure == SQLITE_IOERR_READ)
		return failure;
	if (fault->at == 0 || ((fault->is_full || fault->is_quota) && !is_write))
		return SQLITE_OK;
	fault->asked++;
	if (fault->asked != fault->at && (!fault->for_good || fault->asked < fault->at))
		return SQLITE_OK;
	fault->met++;
	errno = fault->is_quota ? EDQUOT : EIO;
	return fault->is_full ? SQLITE_FULL : failure;
}

static int vfs_close(sqlite3_file *file)
{
	file->pMethods = NULL;
	return SQLITE_OK;
}

static int vfs_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
	int fault = meet(SQLITE_IOERR_READ);
	if (fault != SQLITE_OK)
		return fault;
	const struct disk_file *from = bytes_of(file);
	size_t begin = (size_t)at, want = (size_t)size;
	size_t there = begin < from->size ? from->size - begin : 0;
	if (there > want)
		there = want;
	if (there > 0)
		memcpy(to, from->bytes + begin, there);
	memset((char *)to + there, 0, want - there);
	return there == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	int fault = meet(SQLITE_IOERR_WRITE);
	if (fault != SQLITE_OK)
		return fault;
	disk_write(global.disk, of(file)->number, data, (size_t)size, (size_t)at);
	return SQLITE_OK;
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int fault = meet(SQLITE_IOERR_TRUNCATE);
	if (fault != SQLITE_OK)
		return fault;
	disk_truncate(global.disk, of(file)->number, (size_t)size);
	return SQLITE_OK;
}

static int vfs_sync(sqlite3_file *file, int flags)
{
	int fault = meet(SQLITE_IOERR_FSYNC);
	if (fault != SQLITE_OK)
		return fault;
	(void)flags;
	disk_sync(global.disk, of(file)->name, of(file)->number, of(file)->sync_folder);
	of(file)->sync_folder = false;
	return SQLITE_OK;
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	int fault = meet(SQLITE_IOERR_FSTAT);
	if (fault != SQLITE_OK)
		return fault;
	*ret_size = (sqlite3_int64)bytes_of(file)->size;
	return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return meet(SQLITE_IOERR_LOCK);
}

static int vfs_unlock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int vfs_reserved(sqlite3_file *file, int *ret_reserved)
{
	(void)file;
	*ret_reserved = 0;
	return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int operation, void *argument)
{
	(void)file;
	if (operation != SQLITE_FCNTL_MMAP_SIZE || meet(SQLITE_IOERR) != SQLITE_OK)
		return SQLITE_NOTFOUND;
	*(sqlite3_int64 *)argument = 0; /* nothing is ever mapped, and it says so */
	return SQLITE_OK;
}

static int vfs_sector(sqlite3_file *file)
{
	(void)file;
	return 4096; /* as the unix VFS says */
}

static int vfs_device(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as the unix VFS says */
}

static int vfs_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_memory)
{
	int fault = meet(SQLITE_IOERR_SHMMAP);
	if (fault != SQLITE_OK)
		return fault;
	ENSURE(size == SHM_PAGE_SIZE && page < DISK_SHM_PAGES);
	global.disk->shm_users += !of(file)->has_shm;
	of(file)->has_shm = true;
	if (!global.disk->shm[page] && extend)
		global.disk->shm[page] = memory_new(1, SHM_PAGE_SIZE);
	*ret_memory = global.disk->shm[page];
	return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	(void)file;
	struct disk *disk = global.disk;
	bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
	if (flags & SQLITE_SHM_LOCK && meet(SQLITE_BUSY) != SQLITE_OK)
		return SQLITE_BUSY;
	for (int i = offset; (flags & SQLITE_SHM_LOCK) && i < offset + count; i++)
		if (disk->shm_exclusive[i] || (exclusive && disk->shm_shared[i] > 0))
			return SQLITE_BUSY;
	int change = flags & SQLITE_SHM_LOCK ? 1 : -1;
	for (int i = offset; i < offset + count; i++) {
		if (exclusive)
			disk->shm_exclusive[i] = change > 0;
		else
			disk->shm_shared[i] += change;
	}
	return SQLITE_OK;
}

static void vfs_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static void forget_shm(struct disk *disk)
{
	for (int i = 0; i < DISK_SHM_PAGES; i++)
		if (disk->shm[i])
			memset(disk->shm[i], 0, SHM_PAGE_SIZE);
	memset(disk->shm_shared, 0, sizeof(disk->shm_shared));
	memset(disk->shm_exclusive, 0, sizeof(disk->shm_exclusive));
	disk->shm_users = 0;
}

static int vfs_shm_unmap(sqlite3_file *file, int also_delete)
{
	(void)also_delete;
	if (of(file)->has_shm && --global.disk->shm_users == 0)
		forget_shm(global.disk);
	of(file)->has_shm = false;
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {2, vfs_close, vfs_read, vfs_write, vfs_truncate, vfs_sync,
	vfs_size, vfs_lock, vfs_unlock, vfs_reserved, vfs_control, vfs_sector, vfs_device, vfs_shm_map,
	vfs_shm_lock, vfs_shm_barrier, vfs_shm_unmap, NULL, NULL};

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);
	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static enum disk_name name_of(const char *path)
{
	static const enum disk_name names[][3] = {{DISK_DATABASE, DISK_EVEN_COPY, DISK_COPY},
		{DISK_WAL, DISK_EVEN_COPY_WAL, DISK_COPY_WAL},
		{DISK_JOURNAL, DISK_EVEN_COPY_JOURNAL, DISK_COPY_JOURNAL}};
	const char *schema = strstr(path, ".schema-");
	int of = schema ? 1 + atoi(schema + strlen(".schema-")) % 2 : 0;
	if (ends_with(path, "-shm"))
		return DISK_SHM;
	if (ends_with(path, "-witness"))
		return DISK_WITNESS;
	return names[ends_with(path, "-wal") ? 1 : ends_with(path, "-journal") ? 2 : 0][of];
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
	int fault = meet(SQLITE_CANTOPEN);
	if (fault != SQLITE_OK)
		return fault;
	(void)vfs;
	REQUIRE(path); /* temporary tables live in memory */
	struct vfs_file *self = of(file);
	enum disk_name name = name_of(path);
	bool is_new = global.disk->names[name] < 0;
	/* The store itself makes the database's file, on the real disk, right before. */
	bool is_database = name == DISK_DATABASE || name == DISK_COPY || name == DISK_EVEN_COPY;
	bool may_create = flags & SQLITE_OPEN_CREATE || (is_database && flags & SQLITE_OPEN_READWRITE);
	*self = (struct vfs_file){.name = name, .number = disk_open(global.disk, name, may_create)};
	if (self->number < 0)
		return SQLITE_CANTOPEN;
	self->file.pMethods = &methods;
	self->sync_folder = is_new && !is_database;
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	int fault = meet(SQLITE_IOERR_DELETE);
	if (fault != SQLITE_OK)
		return fault;
	(void)vfs;
	if (global.disk->names[name_of(path)] < 0)
		return SQLITE_IOERR_DELETE_NOENT;
	disk_delete(global.disk, name_of(path), sync_folder != 0);
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_there)
{
	int fault = meet(SQLITE_IOERR_ACCESS);
	if (fault != SQLITE_OK)
		return fault;
	(void)vfs;
	int file = global.disk->names[name_of(path)];
	/* As the unix VFS: an empty file is not there, to this question. */
	*ret_there = file >= 0 && (flags != SQLITE_ACCESS_EXISTS || global.disk->files[file].size > 0);
	return SQLITE_OK;
}

/* Nobody else will let go of a lock while we wait. */
static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *text)
{
	(void)vfs;
	(void)size;
	(void)text;
	return errno;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *to)
{
	(void)vfs;
	for (int i = 0; i < size; i++)
		to[i] = (char)prng_next(&global.prng);
	return size;
}

void disk_register(void)
{
	/* One thread: a fifth of the time went into locks. */
	ENSURE(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
	global.real = sqlite3_vfs_find(NULL);
	global.vfs = *global.real;
	global.vfs.zName = "crash-disk";
	global.vfs.szOsFile = (int)sizeof(struct vfs_file);
	global.vfs.xOpen = vfs_open;
	global.vfs.xDelete = vfs_delete;
	global.vfs.xAccess = vfs_access;
	global.vfs.xRandomness = vfs_randomness;
	global.vfs.xSleep = vfs_sleep;
	global.vfs.xGetLastError = vfs_last_error;
	ENSURE(sqlite3_vfs_register(&global.vfs, 1) == SQLITE_OK);
}

void disk_mount(struct disk *self)
{
	global.disk = self;
	forget_shm(self);
}

void disk_seed(uint64_t seed)
{
	prng_init(&global.prng, seed);
	sqlite3_randomness(0, NULL);
}
