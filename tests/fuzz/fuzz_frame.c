#include <stddef.h>
#include <stdint.h>

#include "tests/unit/proto/frame_check.h"

/*
 * Any two frames: the first five bytes are the kind frame, the rest is the map. Scanned, decoded, printed,
 * written again, and compared with what msgpack-c makes of them; see frame_check.h.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = size < KIND_FRAME_SIZE ? size : KIND_FRAME_SIZE;
	check_frames(span_of(data, first), span_of(data + first, size - first));
	return 0;
}
