#ifndef WENZHENG_TESTS_HOST_FOLDER_H
#define WENZHENG_TESTS_HOST_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A temporary folder with files in it, gone with everything in it after the test. */
struct folder {
	char path[64];
	char *files[16];
	unsigned count;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline void folder_init(struct folder *self)
{
	*self = (struct folder){.path = "/tmp/wenzheng-test-XXXXXX"};
	assert_non_null(mkdtemp(self->path));
}

/* The full path of a name in the folder; lives as long as the folder. */
static inline const char *folder_path(struct folder *self, const char *name)
{
	assert_true(self->count < COUNT_OF(self->files));
	char *path;
	assert_true(asprintf(&path, "%s/%s", self->path, name) > 0);
	self->files[self->count++] = path;
	return path;
}

static inline const char *folder_write(struct folder *self, const char *name, const char *text)
{
	const char *path = folder_path(self, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
	return path;
}

static inline void folder_deinit(struct folder *self)
{
	for (unsigned i = 0; i < self->count; i++) {
		remove(self->files[i]);
		free(self->files[i]);
	}
	assert_int_equal(rmdir(self->path), 0);
}

#endif
