/* The codec: every example frame is decoded, printed and written again. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/digest.h"
#include "tests/torture/trial.h"
#include "tests/unit/proto/frame_check.h"

#define FRAMES_MAX 128
#define FOLDER	   "tests/fuzz/corpus/frame"

static struct {
	char bytes[8192];
	size_t size;
	struct digest expected;
} frames[FRAMES_MAX];
static size_t frames_count;

static struct digest pass(struct span bytes)
{
	struct buffer out = BUFFER_NULL, all = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	size_t first = bytes.size < KIND_FRAME_SIZE ? bytes.size : KIND_FRAME_SIZE;
	if (message_decode(span_of(bytes.data, first), span_of(bytes.data + first, bytes.size - first),
		    &message, &refusal)) {
		message_print(&message, &all);
		reencode(&message, &out);
		buffer_append_span(&all, buffer_span(&out));
	} else {
		buffer_printf(&all, "%s", refusal.text);
	}
	struct digest digest = digest_of(buffer_span(&all));
	buffer_deinit(&out);
	buffer_deinit(&all);
	return digest;
}

static void prepare(struct place *place)
{
	(void)place;
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	ENSURE(folder); /* run from the repository's root */
	while ((entry = readdir(folder)) && frames_count < FRAMES_MAX) {
		int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, frames[frames_count].bytes, sizeof(frames[0].bytes));
		if (fd >= 0)
			close(fd);
		if (size <= 0)
			continue;
		frames[frames_count].size = (size_t)size;
		frames[frames_count].expected = pass(span_of(frames[frames_count].bytes, (size_t)size));
		frames_count++;
	}
	closedir(folder);
	ENSURE(frames_count > 20);
}

static enum outcome play(const struct place *place, struct report *report)
{
	(void)place;
	for (size_t i = 0; i < frames_count; i++) {
		struct digest digest = pass(span_of(frames[i].bytes, frames[i].size));
		if (!digest_equal(&digest, &frames[i].expected))
			return report_wrong(report, "frame %zu reads otherwise", i);
	}
	return OUTCOME_DONE;
}

const struct scene scene_codec = {
	.name = "codec",
	.families = 1u << FAULTS_MEMORY | 1u << FAULTS_SYSTEM,
	.prepare = prepare,
	.play = play,
};
