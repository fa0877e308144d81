#include "daemon/host/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BAR_WIDTH 40
#define WIPE	  "\r\033[K"

void progress_init(struct progress *self)
{
	const char *no_color = getenv("NO_COLOR");
	*self = (struct progress){
		.is_shown = isatty(STDERR_FILENO),
		.has_color = !no_color || !*no_color,
		.percent = -1,
	};
}

void progress_show(struct progress *self, const char *part, int64_t done, int64_t total)
{
	int percent = total > 0 ? (int)(done * 100 / total) : 100;
	if (!self->is_shown || (percent == self->percent && done != total))
		return;
	self->percent = percent;
	char bar[BAR_WIDTH + 1];
	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i * 100 < percent * BAR_WIDTH ? '#' : ' ';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%-10s [%s%s%s] %3d %%%s", part, self->has_color ? "\033[32m" : "", bar,
		self->has_color ? "\033[0m" : "", percent, done == total ? WIPE : "");
}
