#include "lab/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "lab/peer.h"

#define BAR_WIDTH     30
#define DRAW_EVERY_US 100000

void progress_show(struct progress *self, const char *label, size_t done, size_t total)
{
	int64_t now = peer_now_us();
	if (!isatty(STDERR_FILENO) || total == 0 || (now - self->drawn_us < DRAW_EVERY_US && done < total))
		return;
	size_t filled = done * BAR_WIDTH / total;
	fprintf(stderr, "\r%s [", label);
	for (size_t i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %3zu %%", done * 100 / total);
	fflush(stderr);
	self->drawn_us = now;
	self->shown = true;
}

void progress_end(struct progress *self)
{
	if (self->shown)
		fprintf(stderr, "\r\033[K");
	self->shown = false;
}
