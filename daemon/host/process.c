#include "daemon/host/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t us_of(struct timeval time)
{
	return time.tv_sec * US_PER_S + time.tv_usec;
}

static void measure_memory(struct figures_process *figures)
{
	int64_t pages = 0, resident = 0, page = sysconf(_SC_PAGESIZE);
	figures->resident_bytes = figures->virtual_bytes = FIGURE_NONE;
	FILE *file = fopen("/proc/self/statm", "re");
	int count = file ? fscanf(file, "%" SCNd64 " %" SCNd64, &pages, &resident) : 0;
	if (file)
		(void)fclose(file); /* only read */
	if (count != 2)
		return;
	figures->virtual_bytes = pages * page;
	figures->resident_bytes = resident * page;
}

void process_measure(struct figures_process *figures)
{
	struct rusage usage;
	struct rlimit limit;
	figures->cpu_us = FIGURE_NONE;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		figures->cpu_us = us_of(usage.ru_utime) + us_of(usage.ru_stime);
	figures->descriptors_max = FIGURE_NONE;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		figures->descriptors_max = (int64_t)limit.rlim_cur;
	measure_memory(figures);
}
