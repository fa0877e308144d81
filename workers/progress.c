#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "workers/tool.h"

#define BAR_WIDTH     30
#define DRAW_EVERY_MS 100

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_init(struct progress *self, bool wanted)
{
	const char *no_color = getenv("NO_COLOR");
	*self = (struct progress){
		.is_on = wanted && isatty(STDERR_FILENO) == 1,
		.has_colours = !no_color || no_color[0] == '\0',
	};
}

static void draw_bar(const struct progress *self, int64_t filled)
{
	fputs(self->has_colours ? " \033[32m" : " [", stderr);
	for (int64_t i = 0; i < BAR_WIDTH; i++)
		fputs(i < filled ? (self->has_colours ? "━" : "#") : (self->has_colours ? "─" : "."), stderr);
	fputs(self->has_colours ? "\033[0m" : "]", stderr);
}

void progress_show(struct progress *self, int64_t done, int64_t total, const char *note)
{
	int64_t now = now_ms();
	if (!self->is_on || (now - self->drawn_ms < DRAW_EVERY_MS && (total == 0 || done < total)))
		return;
	self->drawn_ms = now;
	fprintf(stderr, "\r\033[K%lld", (long long)done);
	if (total > 0) {
		fprintf(stderr, "/%lld", (long long)total);
		draw_bar(self, done * BAR_WIDTH / total);
		fprintf(stderr, " %lld %%", (long long)(done * 100 / total));
	}
	fprintf(stderr, "%s%s", note[0] ? "  " : "", note);
	fflush(stderr);
}

void progress_wipe(struct progress *self)
{
	if (!self->is_on)
		return;
	fputs("\r\033[K", stderr);
	self->drawn_ms = 0;
}
