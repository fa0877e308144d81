#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "daemon/store/sqlite.h"
#include "tests/crash/content.h"
#include "tests/crash/life.h"
#include "tests/crash/served.h"

/*
 * Silent corruption: a store full of real cases is damaged at a random place — a bit, some bits, a sector of
 * zeroes, a file cut short or emptied, two pages exchanged — and everything the production code reads from it
 * is held against what was written. Nothing wrong may be served; what is changed in a row must be named by
 * verify, and refused when it is read; no message may be lost from sight so that it would be accepted again,
 * no open case be forgotten. A good store beside a damaged witness is used as it is.
 */

#define DAMAGES_OF_ONE 150 /* of one store */
#define HANG_S	       60
#define FAILURES_MAX   10

/* After a power cut nothing of the witness was synced yet, which is the worst case. */
enum image { IMAGE_KILLED, IMAGE_REBOOTED, IMAGE_POWER_CUT, IMAGE_CLOSED, IMAGE_BACKUP, IMAGES };
static const char *const images[IMAGES] = {"killed", "rebooted", "power cut", "closed", "backup"};

enum damage { DAMAGE_BIT, DAMAGE_BITS, DAMAGE_ZEROES, DAMAGE_CUT, DAMAGE_SWAP, DAMAGES };
static const char *const damages[DAMAGES] = {"bit", "bits", "zeroes", "cut", "swap"};

struct counts {
	_Atomic uint64_t done, failed;
	_Atomic uint64_t harmless;	 /* nothing changed, nothing found */
	_Atomic uint64_t not_opened;	 /* the daemon refuses to start */
	_Atomic uint64_t refused;	 /* a row is refused when it is read */
	_Atomic uint64_t by_verify;	 /* found by verify alone: indexes, free bytes, keys */
	_Atomic uint64_t rows_changed;	 /* stored rows are not what they were */
	_Atomic uint64_t rows_by_verify; /* of these: found by verify alone */
	_Atomic uint64_t old;		 /* an old page in the place of a new one: verify alone can know */
	_Atomic uint64_t torn;		 /* a WAL that ends sooner, after a power cut, and nobody can know */
	_Atomic uint64_t witness;	 /* of the harmless: the witness was hit */
	_Atomic uint64_t of_damage[DAMAGES], of_image[IMAGES];
};

struct options {
	uint64_t damages, seed, minutes, jobs;
};

struct tester {
	const struct options *options;
	struct counts *counts;
	char path[128];
	time_t until;
	uint64_t seed;
	uint64_t number; /* of this seed's damages */
	FILE *say;
	struct prng prng;
	struct population population;
	struct disk images[IMAGES];
	struct questions questions;
	struct disk scratch;
};

/* ---- what is damaged ---- */

struct spot {
	enum image image;
	enum damage damage;
	enum disk_name name;
	size_t at, size;
};

static struct disk_file *file_of(struct disk *disk, enum disk_name name)
{
	return disk->names[name] < 0 ? NULL : &disk->files[disk->names[name]];
}

static void swap_pages(struct prng *prng, struct disk_file *file, struct spot *spot)
{
	size_t head = spot->name == DISK_WAL ? 32 : 0, page = spot->name == DISK_WAL ? WAL_FRAME_BYTES : 4096;
	size_t pages = (file->size - head) / page;
	char room[WAL_FRAME_BYTES];
	if (pages < 2)
		return;
	size_t a = prng_below(prng, pages), b = prng_below(prng, pages);
	char *x = file->bytes + head + a * page, *y = file->bytes + head + b * page;
	memcpy(room, x, page);
	memmove(x, y, page);
	memcpy(y, room, page);
	spot->at = head + (a < b ? a : b) * page;
	spot->size = page;
}

static enum disk_name choose_file(struct prng *prng, struct disk *disk)
{
	if (file_of(disk, DISK_WITNESS) && prng_chance(prng, 3))
		return DISK_WITNESS;
	return file_of(disk, DISK_WAL) && prng_chance(prng, 50) ? DISK_WAL : DISK_DATABASE;
}

static struct spot damage(struct tester *self, struct disk *disk, enum image image)
{
	struct prng *prng = &self->prng;
	struct spot spot = {.image = image, .damage = (enum damage)prng_below(prng, DAMAGES + 3)};
	if (spot.damage >= DAMAGES) /* bits most of all: they are what nobody sees */
		spot.damage = DAMAGE_BIT;
	spot.name = choose_file(prng, disk);
	struct disk_file *file = file_of(disk, spot.name);
	spot.at = spot.damage == DAMAGE_CUT && prng_chance(prng, 10) ? 0 : prng_below(prng, file->size);
	spot.size = 1;
	switch (spot.damage) {
	case DAMAGE_BIT:
		file->bytes[spot.at] = (char)(file->bytes[spot.at] ^ 1 << prng_below(prng, 8));
		break;
	case DAMAGE_BITS:
		spot.size = 1 + prng_below(prng, 64);
		if (spot.size > file->size - spot.at)
			spot.size = file->size - spot.at;
		for (size_t i = 0; i < spot.size; i++)
			file->bytes[spot.at + i] = (char)(file->bytes[spot.at + i] ^ (char)prng_next(prng));
		break;
	case DAMAGE_ZEROES:
		spot.at -= spot.at % 512;
		spot.size = file->size - spot.at < 512 ? file->size - spot.at : 512;
		memset(file->bytes + spot.at, 0, spot.size);
		break;
	case DAMAGE_CUT:
		spot.size = file->size - spot.at;
		file->size = spot.at;
		break;
	default:
		swap_pages(prng, file, &spot);
	}
	return spot;
}

/* ---- the judgement ---- */

static void fail(struct tester *self, const struct spot *spot, const char *what, const char *more)
{
	static const char *const names[DISK_NAMES] = {
		[DISK_DATABASE] = "database", [DISK_WAL] = "WAL", [DISK_WITNESS] = "witness"};
	if (self->counts->failed++ < 10)
		fprintf(self->say,
			"%s %s: %s at %zu (%zu bytes) of the %s, %s\nreplay: test-damage --seed %" PRIu64
			" --jobs 1 --damages %" PRIu64 "\n",
			what, more ? more : "", damages[spot->damage], spot->at, spot->size,
			names[spot->name], images[spot->image], self->seed, self->number);
}

/* Only the witness could tell: the last batch looks torn, the file ends sooner, or two frames stand at
 * each other's place and no batch is left that another follows. */
static bool looks_torn(const struct tester *self, const struct spot *spot)
{
	size_t last = 32 + (size_t)self->population.frames_before_last * WAL_FRAME_BYTES;
	bool is_enough = spot->damage == DAMAGE_CUT || spot->damage == DAMAGE_SWAP;
	/* Where its header says that the batch before ends, the two look like one. */
	bool is_between =
		last > 32 && spot->at < last - 4096 && spot->at + spot->size > last - WAL_FRAME_BYTES;
	return spot->image == IMAGE_POWER_CUT && spot->name == DISK_WAL &&
	       (is_enough || is_between || spot->at + spot->size > last);
}

/* Without a byte and without a witness it is a place for a new store, but none that verify would read. */
static bool is_empty_place(const struct spot *spot)
{
	bool has_witness = spot->image != IMAGE_POWER_CUT && spot->image != IMAGE_BACKUP;
	return !has_witness && spot->name == DISK_DATABASE && spot->damage == DAMAGE_CUT && spot->at == 0;
}

enum content { CONTENT_SAME, CONTENT_EARLIER, CONTENT_CHANGED };

static enum content compare_content(const struct tester *self, struct store *store)
{
	struct digest content;
	const struct population *population = &self->population;
	sqlite_settle(sqlite_of(store));
	if (!content_digest(sqlite_of(store)->db, &content))
		return CONTENT_CHANGED;
	for (int i = population->content_count - 1; i >= 0; i--)
		if (digest_equal(&content, &population->contents[i]))
			return i == population->content_count - 1 ? CONTENT_SAME : CONTENT_EARLIER;
	return CONTENT_CHANGED;
}

static void judge_opened(struct tester *self, const struct spot *spot, struct store *store, bool is_verified)
{
	struct counts *counts = self->counts;
	if (is_empty_place(spot)) {
		counts->by_verify++;
		if (is_verified)
			fail(self, spot, "emptied, and verify finds nothing", NULL);
		return;
	}
	struct answers answers = questions_ask(&self->questions, store);
	enum content content = compare_content(self, store);
	/* Pages of it that were written back already leave a mixture of two moments, which verify sees. */
	if (looks_torn(self, spot) &&
		(content == CONTENT_EARLIER || (content == CONTENT_CHANGED && !is_verified))) {
		counts->torn++;
		return;
	}
	/* A free page keeps what it was: exchanged for it, rows stand as they once were, with their right
	 * sums. */
	if (spot->damage == DAMAGE_SWAP && answers.wrong > 0 && answers.wrong == answers.perhaps_old &&
		!is_verified) {
		counts->old++;
		return;
	}
	bool is_changed = content != CONTENT_SAME || answers.refused + answers.missing > 0;
	counts->rows_changed += content != CONTENT_SAME;
	counts->refused += answers.refused > 0;
	counts->by_verify += answers.refused == 0 && !is_verified;
	counts->rows_by_verify += content != CONTENT_SAME && answers.refused == 0;
	counts->harmless += !is_changed && is_verified;
	counts->witness += !is_changed && is_verified && spot->name == DISK_WITNESS;
	if (answers.wrong > 0)
		fail(self, spot, "served wrong:", answers.first_wrong);
	else if (answers.lost_names > 0)
		fail(self, spot, "a message could be accepted a second time", NULL);
	else if (answers.open_forgotten > 0)
		fail(self, spot, "an open case is forgotten", NULL);
	else if (is_changed && is_verified)
		fail(self, spot, "changed, and verify finds nothing", NULL);
	else if (!is_verified && spot->name == DISK_WITNESS)
		fail(self, spot, "verify does not like a good store", NULL);
}

static void judge_one(struct tester *self, enum image image)
{
	struct disk *disk = &self->scratch;
	disk_copy(&self->images[image], disk);
	struct spot spot = damage(self, disk, image);
	struct disk reader = *disk; /* the reader changes no file */
	alarm(HANG_S);
	disk_mount(&reader);
	bool is_verified = life_is_verified(self->path, self->population.place, false);
	memcpy(disk->shm, reader.shm, sizeof(disk->shm));
	disk_mount(disk);
	struct store *store = life_open(self->path);
	self->counts->of_damage[spot.damage]++;
	self->counts->of_image[image]++;
	if (store) {
		judge_opened(self, &spot, store, is_verified);
		store->interface->destroy(&store);
	} else {
		self->counts->not_opened++;
		if (is_verified || spot.name == DISK_WITNESS)
			fail(self, &spot, "not opened, and verify finds nothing", NULL);
	}
	alarm(0);
	self->number++;
	self->counts->done++;
}

/* ---- the images ---- */

/* As SQLite's backup makes it: into a database in memory, whose bytes are the file's. */
static void make_backup(struct tester *self, struct store *store)
{
	sqlite3 *copy = NULL;
	ENSURE(sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL) ==
		SQLITE_OK);
	sqlite_settle(sqlite_of(store));
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", sqlite_of(store)->db, "main");
	ENSURE(backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE &&
		sqlite3_backup_finish(backup) == SQLITE_OK);
	sqlite3_int64 size = 0;
	unsigned char *bytes = sqlite3_serialize(copy, "main", &size, 0);
	ENSURE(bytes);
	struct disk *to = &self->images[IMAGE_BACKUP];
	disk_clear(to);
	to->names[DISK_DATABASE] = 0;
	to->file_count = 1;
	to->files[0].size = 0;
	disk_file_resize(&to->files[0], (size_t)size);
	memcpy(to->files[0].bytes, bytes, (size_t)size);
	sqlite3_free(bytes);
	ENSURE(sqlite3_close(copy) == SQLITE_OK);
}

static void make_images(struct tester *self)
{
	disk_copy(&self->population.killed, &self->images[IMAGE_KILLED]);
	disk_copy(&self->population.killed, &self->images[IMAGE_REBOOTED]);
	self->images[IMAGE_REBOOTED].names[DISK_SHM] = -1;
	disk_copy(&self->images[IMAGE_REBOOTED], &self->images[IMAGE_POWER_CUT]);
	self->images[IMAGE_POWER_CUT].names[DISK_WITNESS] = -1;
	disk_copy(&self->population.killed, &self->scratch);
	disk_mount(&self->scratch);
	struct store *store = life_open(self->path);
	ENSURE(store);
	questions_init(&self->questions, store);
	make_backup(self, store);
	store->interface->destroy(&store);
	disk_copy(&self->scratch, &self->images[IMAGE_CLOSED]);
	self->images[IMAGE_CLOSED].names[DISK_SHM] = -1;
	for (enum image image = 0; image < IMAGES; image++) {
		disk_copy(&self->images[image], &self->scratch);
		disk_mount(&self->scratch);
		ENSURE(life_is_verified(self->path, self->population.place, true));
	}
}

static bool is_over(const struct tester *self)
{
	if (self->counts->failed >= FAILURES_MAX)
		return true;
	return self->until ? time(NULL) >= self->until : self->counts->done >= self->options->damages;
}

static void test_seed(struct tester *self, uint64_t seed)
{
	prng_init(&self->prng, seed);
	self->seed = seed;
	self->number = 0;
	/* One store in eight is large enough for pages above the leaves everywhere. */
	population_init(&self->population, seed, seed % 8 == 0 ? 150 : 20, self->path);
	make_images(self);
	for (int i = 0; i < DAMAGES_OF_ONE && !is_over(self); i++)
		judge_one(self, (enum image)(i % IMAGES));
	questions_deinit(&self->questions);
	population_deinit(&self->population);
}

static void test_part(const struct options *options, struct counts *counts, uint64_t part)
{
	struct tester *self = calloc(1, sizeof(*self));
	char folder[64], lock[160];
	self->options = options;
	self->counts = counts;
	self->until = options->minutes ? time(NULL) + (time_t)options->minutes * 60 : 0;
	self->say = fdopen(dup(STDERR_FILENO), "w");
	/* What the store says of each damage would fill a disk. */
	ENSURE(self->say && freopen("/dev/null", "w", stderr));
	setlinebuf(self->say);
	snprintf(folder, sizeof(folder), "%s/wenzheng-damage-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ENSURE(mkdtemp(folder));
	snprintf(self->path, sizeof(self->path), "%s/wenzheng.db", folder);
	digest_start();
	disk_register();
	disk_init(&self->scratch);
	for (enum image image = 0; image < IMAGES; image++)
		disk_init(&self->images[image]);
	for (uint64_t seed = options->seed + part; !is_over(self); seed += options->jobs)
		test_seed(self, seed);
	for (enum image image = 0; image < IMAGES; image++)
		disk_deinit(&self->images[image]);
	disk_deinit(&self->scratch);
	fclose(self->say);
	free(self);
	snprintf(lock, sizeof(lock), "%s/wenzheng.db.lock", folder);
	(void)unlink(lock);
	snprintf(lock, sizeof(lock), "%s/wenzheng.db", folder);
	(void)unlink(lock);
	(void)rmdir(folder);
}

static void report(const struct counts *counts, double seconds)
{
	printf("%" PRIu64 " damages in %.1f s: %" PRIu64 " served wrong or unseen; %" PRIu64
	       " harmless (%" PRIu64 " of them in the witness), %" PRIu64 " not opened, %" PRIu64
	       " refused when read, %" PRIu64 " found by verify alone, %" PRIu64
	       " ends of a WAL lost in a power cut, unseen, %" PRIu64 " old pages in the place of new ones\n",
		counts->done, seconds, counts->failed, counts->harmless, counts->witness, counts->not_opened,
		counts->refused, counts->by_verify, counts->torn, counts->old);
	printf("opened with stored rows changed: %" PRIu64 ", of these found by verify alone: %" PRIu64 "\n",
		counts->rows_changed, counts->rows_by_verify);
	for (int i = 0; i < DAMAGES; i++)
		printf("%s %" PRIu64 ", ", damages[i], counts->of_damage[i]);
	for (int i = 0; i < IMAGES; i++)
		printf("%s %" PRIu64 "%s", images[i], counts->of_image[i], i + 1 < IMAGES ? ", " : "\n");
}

static bool parse(int argc, char **argv, struct options *ret_options)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t number = strtoull(argv[i + 1], NULL, 0);
		if (strcmp(argv[i], "--damages") == 0)
			ret_options->damages = number;
		else if (strcmp(argv[i], "--seed") == 0)
			ret_options->seed = number;
		else if (strcmp(argv[i], "--minutes") == 0)
			ret_options->minutes = number;
		else if (strcmp(argv[i], "--jobs") == 0)
			ret_options->jobs = number;
		else
			return false;
	}
	return argc % 2 == 1 && ret_options->jobs > 0;
}

int main(int argc, char **argv)
{
	struct options options = {.damages = 2000, .jobs = 2};
	if (!parse(argc, argv, &options))
		return fprintf(stderr,
			       "usage: test-damage [--damages N | --minutes N] [--seed N] [--jobs N]\n"),
		       2;
	if (!options.seed)
		options.seed = prng_seed_of_run();
	struct counts *counts =
		mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ENSURE(counts != MAP_FAILED);
	struct timespec begun, ended;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	fflush(NULL);
	bool is_good = true;
	for (uint64_t part = 0; part < options.jobs; part++) {
		pid_t child = fork();
		ENSURE(child >= 0);
		if (child == 0) {
			test_part(&options, counts, part);
			exit(0);
		}
	}
	for (uint64_t part = 0; part < options.jobs; part++) {
		int status = 0;
		ENSURE(wait(&status) > 0);
		is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	report(counts, (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9);
	if (!is_good)
		fprintf(stderr, "a process ended by a signal or an assertion: seeds from %" PRIu64 "\n",
			options.seed);
	return is_good && counts->failed == 0 ? 0 : 1;
}
