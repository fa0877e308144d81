#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workers/exec_state.h"

#define HELD_TIMEOUT_MS 5000 /* the commands that run are not heard meanwhile */
#define HELD_AGAIN_MS	5000

void exec_held_destroy(struct exec_worker *self)
{
	for (size_t i = self->held_next; i < self->held_count; i++)
		free(self->held[i]);
	free(self->held);
	self->held = NULL;
	self->held_count = self->held_next = 0;
}

static void add_page(struct exec_worker *self, const struct wz_held *page)
{
	self->held = memory_resize(self->held, self->held_count + page->count + 1, sizeof(*self->held));
	for (size_t i = 0; i < page->count; i++)
		if (page->cases[i].case_number && !exec_cases_know(self, page->cases[i].case_number))
			self->held[self->held_count++] = memory_copy_string(page->cases[i].case_number);
}

void exec_held_turn(struct exec_worker *self)
{
	struct wz_held page = {0};
	if (!self->held_wanted || self->now_ms < self->held_at_ms)
		return;
	exec_held_destroy(self);
	do {
		if (wz_worker_held(self->worker, page.after, HELD_TIMEOUT_MS, &page) != WZ_OK) {
			self->held_at_ms = self->now_ms + HELD_AGAIN_MS;
			return;
		}
		add_page(self, &page);
	} while (page.after);
	self->held_wanted = false;
	if (self->held_count > 0)
		tool_say(self->options->tool, _("%zu cases are held already"), self->held_count);
}

struct exec_case *exec_held_next(struct exec_worker *self)
{
	while (self->held_next < self->held_count && self->now_ms >= self->held_at_ms) {
		char *number = self->held[self->held_next];
		struct wz_case found;
		struct exec_case *it = NULL;
		if (!exec_cases_know(self, number)) {
			enum wz_outcome outcome =
				wz_worker_held_case(self->worker, number, HELD_TIMEOUT_MS, &found);
			if (outcome != WZ_OK && outcome != WZ_ERROR) {
				self->held_at_ms = self->now_ms + HELD_AGAIN_MS;
				return NULL;
			}
			if (outcome == WZ_OK) /* else it was answered or ruled on meanwhile */
				it = exec_case_new(self->options->tool, &found);
		}
		free(number);
		self->held_next++;
		if (it)
			return it;
	}
	return NULL;
}
