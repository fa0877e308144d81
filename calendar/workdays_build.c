#include <stdlib.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "calendar/workdays_table.h"

struct mark {
	struct civil_date date;
	enum workdays_mark mark;
	uint32_t line;
	uint32_t order; /* of adding, so that sorting keeps the first of equals first */
	char *name;
};

struct workdays_builder {
	char *source;
	struct mark *marks;
	uint32_t count;
	uint32_t capacity;
	bool covered;
	struct civil_date from;
	struct civil_date until;
};

/* The years of a builder without a coverage of its own: one flag each. */
#define YEARS (WORKDAYS_YEAR_MAX - WORKDAYS_YEAR_MIN + 1)

struct workdays_builder *workdays_builder_new(const char *source)
{
	struct workdays_builder *self = memory_new(1, sizeof(*self));
	self->source = memory_copy_string(source);
	return self;
}

void workdays_builder_destroy(struct workdays_builder **self)
{
	if (!*self)
		return;
	for (uint32_t i = 0; i < (*self)->count; i++)
		free((*self)->marks[i].name);
	free((*self)->marks);
	free((*self)->source);
	free(*self);
	*self = NULL;
}

static struct civil_date first_of_year(int32_t year)
{
	struct civil_date date = {0};
	ENSURE(civil_from_ymd(year, 1, 1, &date));
	return date;
}

static bool date_in_range(struct civil_date date)
{
	return date.days >= first_of_year(WORKDAYS_YEAR_MIN).days &&
	       date.days < first_of_year(WORKDAYS_YEAR_MAX + 1).days;
}

static bool year_fault(const struct workdays_builder *self, uint32_t line, struct fault *fault)
{
	return fault_set(fault, "%s:%u: the date is not within the years %d to %d", self->source, line,
		WORKDAYS_YEAR_MIN, WORKDAYS_YEAR_MAX);
}

static char *copy_name(struct span name)
{
	struct span cut = utf8_truncate(name, WORKDAYS_NAME_SIZE_MAX);
	char *copy = memory_new(cut.size + 1, 1);
	ENSURE(span_copy(cut, copy, cut.size + 1));
	return copy;
}

bool workdays_builder_add(struct workdays_builder *self, struct civil_date date, enum workdays_mark mark,
	struct span name, uint32_t line, struct fault *fault)
{
	if (!date_in_range(date))
		return year_fault(self, line, fault);
	if (self->count == WORKDAYS_MARKS_MAX)
		return fault_set(fault,
			"%s:%u: more than %d marked days, which is no calendar of public holidays",
			self->source, line, WORKDAYS_MARKS_MAX);
	if (self->count == self->capacity) {
		self->capacity = self->capacity ? self->capacity * 2 : 64;
		self->marks = memory_resize(self->marks, self->capacity, sizeof(*self->marks));
	}
	self->marks[self->count] = (struct mark){
		.date = date, .mark = mark, .line = line, .order = self->count, .name = copy_name(name)};
	self->count++;
	return true;
}

bool workdays_builder_cover(struct workdays_builder *self, struct civil_date from, struct civil_date until,
	uint32_t line, struct fault *fault)
{
	if (!date_in_range(from) || !date_in_range(until))
		return year_fault(self, line, fault);
	if (civil_before(until, from))
		return fault_set(fault, "%s:%u: the coverage ends before it begins", self->source, line);
	self->covered = true;
	self->from = from;
	self->until = until;
	return true;
}

static int mark_compare(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;
	if (a->date.days != b->date.days)
		return a->date.days < b->date.days ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* The marks in the order of their dates; names still belong to the builder. The caller frees the array. */
static struct mark *sorted_marks(const struct workdays_builder *builder)
{
	struct mark *marks = memory_copy(builder->marks, builder->count * sizeof(*marks));
	qsort(marks, builder->count, sizeof(*marks), mark_compare);
	return marks;
}

static const char *weekday_name(struct civil_date date)
{
	static const char *const names[] = {"Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"};
	return names[civil_weekday(date) - 1];
}

/* A make-up day moves work to a weekend; on a weekday it can only undo a holiday of the table below. */
static bool check_makeup(
	const struct workdays *base, const char *source, const struct mark *mark, struct fault *fault)
{
	if (mark->mark == WORKDAYS_OFF || civil_weekday(mark->date) >= 6)
		return true;
	if (base && !workdays_is_workday(base, mark->date))
		return true;
	char date[CIVIL_DATE_SIZE];
	civil_print_date(mark->date, date);
	return fault_set(fault,
		"%s:%u: %s is marked as a make-up working day but is a %sday, a working day already: wrong date or "
		"wrong mark?",
		source, mark->line, date, weekday_name(mark->date));
}

static bool check_conflict(
	const char *source, const struct mark *earlier, const struct mark *later, struct fault *fault)
{
	if (!civil_equal(earlier->date, later->date) || earlier->mark == later->mark)
		return true;
	/* The one added later is the one to look at; the other is named beside it. */
	char date[CIVIL_DATE_SIZE];
	civil_print_date(later->date, date);
	return fault_set(fault, "%s:%u: %s is %s here and %s in line %u: a day cannot be both off and worked",
		source, later->line, date, later->mark == WORKDAYS_OFF ? "off" : "a working day",
		earlier->mark == WORKDAYS_OFF ? "off" : "a working day", earlier->line);
}

static bool check_marks(const struct workdays *base, const struct workdays_builder *builder,
	const struct mark *marks, struct fault *fault)
{
	if (builder->count == 0)
		return fault_set(fault,
			"%s:1: no event in it says that a day is off or worked: is this a calendar of public holidays?",
			builder->source);
	/* Conflicts first: a day both off and on may be a weekday, and then the conflict is what is wrong
	 * with it. */
	for (uint32_t i = 1; i < builder->count; i++)
		if (!check_conflict(builder->source, &marks[i - 1], &marks[i], fault))
			return false;
	for (uint32_t i = 0; i < builder->count; i++)
		if (!check_makeup(base, builder->source, &marks[i], fault))
			return false;
	return true;
}

/* A table of the days from `from` to `until`: what `base` says of them, else plain weeks. Sums are still
 * missing. */
static struct workdays *table_new(
	const struct workdays *base, struct civil_date from, struct civil_date until)
{
	struct workdays *self = memory_new(1, sizeof(*self));
	self->first = from.days;
	self->size = until.days - from.days + 1;
	self->days = memory_new((size_t)self->size, sizeof(*self->days));
	for (int32_t i = 0; i < self->size; i++) {
		struct civil_date date = {self->first + i};
		const struct workdays_day *below = base ? workdays_entry(base, date) : NULL;
		bool weekend = civil_weekday(date) >= 6;
		self->days[i] =
			below ? *below
			      : (struct workdays_day){.kind = weekend ? WORKDAYS_WEEKEND : WORKDAYS_WEEKDAY};
	}
	self->names_count = base ? base->names_count : 1;
	self->names = memory_new(self->names_count, sizeof(*self->names));
	for (uint16_t i = 0; i < self->names_count; i++)
		self->names[i] = memory_copy_string(base ? base->names[i] : "");
	return self;
}

/* Days of one holiday follow each other, so looking at the last name keeps the list short enough. */
static uint16_t name_index(struct workdays *self, const char *name)
{
	if (*name == '\0')
		return 0;
	if (strcmp(self->names[self->names_count - 1], name) == 0)
		return (uint16_t)(self->names_count - 1);
	if (self->names_count == UINT16_MAX)
		return 0; /* only a heap of overlays gets here; the days are right, the explanation is poorer
			   */
	self->names = memory_resize(self->names, self->names_count + 1u, sizeof(*self->names));
	self->names[self->names_count] = memory_copy_string(name);
	return self->names_count++;
}

static void apply_marks(struct workdays *self, const struct mark *marks, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && civil_equal(marks[i - 1].date, marks[i].date))
			continue;
		struct workdays_day *day = workdays_entry(self, marks[i].date);
		ENSURE(day);
		bool weekend = civil_weekday(marks[i].date) >= 6;
		if (marks[i].mark == WORKDAYS_OFF)
			day->kind = WORKDAYS_HOLIDAY;
		else
			day->kind = weekend ? WORKDAYS_MAKEUP : WORKDAYS_WEEKDAY;
		day->name = name_index(self, marks[i].name);
	}
}

static void sum_up(struct workdays *self)
{
	uint32_t through = 0;
	for (int32_t i = 0; i < self->size; i++) {
		through += self->days[i].kind == WORKDAYS_WEEKDAY || self->days[i].kind == WORKDAYS_MAKEUP;
		self->days[i].through = through;
	}
}

/* Only days that say more than plain weeks do are digested, so that the same calendar has the same version
 * however far its table happens to reach. */
static void seal(struct workdays *self)
{
	struct buffer canonical = BUFFER_NULL;
	for (int32_t i = 0; i < self->size; i++) {
		const struct workdays_day *day = &self->days[i];
		if (!day->published && day->name == 0 && day->kind != WORKDAYS_HOLIDAY &&
			day->kind != WORKDAYS_MAKEUP)
			continue;
		buffer_append_u32(&canonical, (uint32_t)(self->first + i));
		buffer_append_byte(&canonical, day->kind);
		buffer_append_byte(&canonical, day->published);
		buffer_append_prefixed(&canonical, span_of_string(self->names[day->name]));
	}
	self->version = digest_of(buffer_span(&canonical));
	buffer_deinit(&canonical);
}

static void publish(struct workdays *self, struct civil_date from, struct civil_date until)
{
	for (struct civil_date date = from; !civil_before(until, date); date = civil_plus(date, 1)) {
		struct workdays_day *day = workdays_entry(self, date);
		ENSURE(day);
		day->published = true;
	}
}

/* Which years a source without a coverage publishes. True if there is any. */
static bool years_with_days(const struct workdays_builder *builder, bool ret_years[static YEARS])
{
	bool any = false;
	for (uint32_t i = 0; i < builder->count; i++) {
		struct civil_ymd ymd = civil_to_ymd(builder->marks[i].date);
		if (ymd.month == 12 && ymd.day > WORKDAYS_DECEMBER_FIRM_DAY)
			continue;
		ret_years[ymd.year - WORKDAYS_YEAR_MIN] = true;
		any = true;
	}
	return any;
}

struct coverage {
	struct civil_date from;
	struct civil_date until;
	bool years[YEARS]; /* only if not declared */
};

static bool coverage_of(
	const struct workdays_builder *builder, struct coverage *ret_coverage, struct fault *fault)
{
	*ret_coverage = (struct coverage){.from = builder->from, .until = builder->until};
	if (builder->covered)
		return true;
	if (!years_with_days(builder, ret_coverage->years))
		return fault_set(fault,
			"%s:%u: all days lie after 25 December: the file seems to be cut off, or needs X-CN-COVERAGE-FROM "
			"and -UNTIL",
			builder->source, builder->marks[0].line);
	int32_t first = 0, last = YEARS - 1;
	while (!ret_coverage->years[first])
		first++;
	while (!ret_coverage->years[last])
		last--;
	ret_coverage->from = first_of_year(WORKDAYS_YEAR_MIN + first);
	ret_coverage->until = civil_plus(first_of_year(WORKDAYS_YEAR_MIN + last + 1), -1);
	return true;
}

static void publish_coverage(
	struct workdays *self, const struct workdays_builder *builder, const struct coverage *coverage)
{
	self->coverage_from = coverage->from;
	self->horizon = coverage->until;
	if (builder->covered) {
		publish(self, coverage->from, coverage->until);
		return;
	}
	for (int32_t i = 0; i < YEARS; i++)
		if (coverage->years[i])
			publish(self, first_of_year(WORKDAYS_YEAR_MIN + i),
				civil_plus(first_of_year(WORKDAYS_YEAR_MIN + i + 1), -1));
}

static struct civil_date earlier_of(struct civil_date a, struct civil_date b)
{
	return civil_before(a, b) ? a : b;
}

static struct civil_date later_of(struct civil_date a, struct civil_date b)
{
	return civil_before(a, b) ? b : a;
}

struct workdays *workdays_build(const struct workdays_builder *builder, struct fault *fault)
{
	REQUIRE(builder && fault);
	struct mark *marks = sorted_marks(builder);
	struct coverage coverage;
	struct workdays *self = NULL;
	if (check_marks(NULL, builder, marks, fault) && coverage_of(builder, &coverage, fault)) {
		self = table_new(NULL, earlier_of(coverage.from, marks[0].date),
			later_of(coverage.until, marks[builder->count - 1].date));
		publish_coverage(self, builder, &coverage);
		apply_marks(self, marks, builder->count);
		sum_up(self);
		seal(self);
	}
	free(marks);
	return self;
}

struct workdays *workdays_build_over(
	const struct workdays *base, const struct workdays_builder *overlay, struct fault *fault)
{
	REQUIRE(base && overlay && fault);
	struct mark *marks = sorted_marks(overlay);
	struct workdays *self = NULL;
	if (check_marks(base, overlay, marks, fault)) {
		struct civil_date last = {base->first + base->size - 1};
		self = table_new(base, earlier_of((struct civil_date){base->first}, marks[0].date),
			later_of(last, marks[overlay->count - 1].date));
		self->coverage_from = base->coverage_from;
		self->horizon = base->horizon;
		apply_marks(self, marks, overlay->count);
		sum_up(self);
		seal(self);
	}
	free(marks);
	return self;
}
