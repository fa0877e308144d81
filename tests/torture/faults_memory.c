/* Allocation, in front of glibc's allocator or, in a sanitized build, of the sanitizer's. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

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
void faults_count_block(int change);

static void *given(void *block)
{
	if (block)
		faults_count_block(1);
	return block;
}

void *malloc(size_t size)
{
	if (faults_strike(FAULTS_MEMORY, "malloc", false)) {
		errno = ENOMEM;
		return NULL;
	}
	return given(BENEATH(malloc)(size));
}

void *calloc(size_t count, size_t size)
{
	if (faults_strike(FAULTS_MEMORY, "calloc", false)) {
		errno = ENOMEM;
		return NULL;
	}
	return given(BENEATH(calloc)(count, size));
}

void *realloc(void *pointer, size_t size)
{
	if (faults_strike(FAULTS_MEMORY, "realloc", false)) {
		errno = ENOMEM;
		return NULL;
	}
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
