/* Allocation, in front of glibc's allocator or, in a sanitized build, of the sanitizer's. */
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/torture/faults.h"

#ifdef __SANITIZE_ADDRESS__
#define BENEATH(name) __interceptor_##name
#else
#define BENEATH(name) __libc_##name
#endif

void *BENEATH(malloc)(size_t size);
void *BENEATH(calloc)(size_t count, size_t size);
void *BENEATH(realloc)(void *pointer, size_t size);
void BENEATH(free)(void *pointer);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *pointer, size_t size);
void *reallocarray(void *pointer, size_t count, size_t size);
void free(void *pointer);
char *strdup(const char *text);
void faults_count_block(int change);

/*
 * Libraries that do not live through an allocation that fails: libical 3.0 follows the null pointer or drops
 * the event it was reading; czmq asks for its host's address when it starts, and the C library's name
 * services, which it asks, follow theirs. Their own calls are let through; what calls them and what they hand
 * out is not.
 */
static const char *const spared[] = {"/libical.so", "/libczmq.so", "/libc.so."};
#define SPARED (sizeof(spared) / sizeof(spared[0]))

static struct {
	uintptr_t from, to;
} ranges[SPARED];

static int note_library(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	(void)context;
	for (size_t library = 0; library < SPARED; library++)
		for (int i = 0; strstr(info->dlpi_name, spared[library]) && i < info->dlpi_phnum; i++)
			if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X)) {
				ranges[library].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
				ranges[library].to = ranges[library].from + info->dlpi_phdr[i].p_memsz;
			}
	return 0;
}

void faults_spare_libraries(void)
{
	dl_iterate_phdr(note_library, NULL);
}

static bool strike(const char *name, const void *caller)
{
	uintptr_t at = (uintptr_t)caller;
	for (size_t library = 0; library < SPARED; library++)
		if (at >= ranges[library].from && at < ranges[library].to)
			return false;
	if (!faults_strike(FAULTS_MEMORY, name, false))
		return false;
	errno = ENOMEM;
	return true;
}

static void *given(void *block)
{
	if (block)
		faults_count_block(1);
	return block;
}

void *malloc(size_t size)
{
	if (strike("malloc", __builtin_return_address(0)))
		return NULL;
	return given(BENEATH(malloc)(size));
}

void *calloc(size_t count, size_t size)
{
	if (strike("calloc", __builtin_return_address(0)))
		return NULL;
	return given(BENEATH(calloc)(count, size));
}

void *realloc(void *pointer, size_t size)
{
	if (strike("realloc", __builtin_return_address(0)))
		return NULL;
	void *block = BENEATH(realloc)(pointer, size);
	if (!pointer)
		given(block);
	else if (size == 0 && !block)
		faults_count_block(-1);
	return block;
}

void *reallocarray(void *pointer, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(pointer, bytes);
}

void free(void *pointer)
{
	if (pointer)
		faults_count_block(-1);
	BENEATH(free)(pointer);
}

/* glibc's would call malloc itself and hide whom for. */
char *strdup(const char *text)
{
	if (strike("strdup", __builtin_return_address(0)))
		return NULL;
	size_t size = strlen(text) + 1;
	char *copy = given(BENEATH(malloc)(size));
	return copy ? memcpy(copy, text, size) : NULL;
}
