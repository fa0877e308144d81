#include "tests/unit/host/folder.h"

#include <fcntl.h>

#include "daemon/host/survey.h"
#include "tests/unit/shell/world.h"

/* The walk over a shell of tests/unit/shell, with folders of its own. */

static uint32_t department(const struct world *world, const char *id)
{
	struct department_view view;
	for (uint32_t i = 0; core_department_at(shell_core(world->shell), i, &view); i++)
		if (span_equal_string(view.id, id))
			return i;
	fail_msg("no department %s", id);
	return 0;
}

static void finish(struct survey *survey, const struct world *world, const char *backups)
{
	int turns = 0;
	while (!survey_turn(survey, world->shell, backups))
		assert_true(++turns < 100);
}

static void the_oldest_of_each_department_is_found(void **state)
{
	struct world *world = *state;
	struct survey survey = {0};
	struct instant first = world->now.wall;
	world_submit(world, 1, "edu");
	world_turn(world);
	world_pass(world, US_PER_HOUR);
	world_submit(world, 2, "edu");
	world_submit(world, 3, "water");
	world_turn(world);
	survey_begin(&survey, world->shell);
	finish(&survey, world, "/nowhere");
	assert_true(survey.oldest[department(world, "edu")].us == first.us);
	assert_true(survey.oldest[department(world, "water")].us == first.us + US_PER_HOUR);
	assert_true(instant_is_never(survey.triage_oldest));
	survey_deinit(&survey);
}

/* After a full disk there is another core, whose slots are not those that were walked. */
static void a_walk_that_is_overtaken_by_a_rollback_begins_anew(void **state)
{
	struct world *world = *state;
	struct survey survey = {0};
	world_submit(world, 1, "edu");
	world_turn(world);
	survey_begin(&survey, world->shell);
	survey.slot = 1; /* so far it had come */
	store_memory_set_full(world->store, true);
	world_submit(world, 2, "edu");
	world_turn(world);
	finish(&survey, world, "/nowhere");
	assert_false(instant_is_never(survey.oldest[department(world, "edu")]));
	survey_deinit(&survey);
}

static int count_descriptors(void)
{
	int count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void descriptors_are_counted_without_the_one_that_counts(void **state)
{
	struct world *world = *state;
	struct survey survey = {0};
	survey_begin(&survey, world->shell);
	finish(&survey, world, "/nowhere");
	assert_int_equal(survey.descriptors, count_descriptors());
	int more[200];
	for (int i = 0; i < 200; i++)
		more[i] = dup(0);
	survey_begin(&survey, world->shell);
	finish(&survey, world, "/nowhere");
	assert_int_equal(survey.descriptors, count_descriptors());
	for (int i = 0; i < 200; i++)
		close(more[i]);
	survey_deinit(&survey);
}

static void touch(struct folder *folder, const char *name, int64_t seconds)
{
	const char *path = folder_write(folder, name, "{}");
	const struct timespec times[] = {{seconds, 0}, {seconds, 0}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void the_newest_backup_is_that_of_the_newest_manifest(void **state)
{
	struct world *world = *state;
	struct survey survey = {0};
	struct folder folder;
	folder_init(&folder);
	survey_begin(&survey, world->shell);
	finish(&survey, world, folder.path);
	assert_int_equal(survey.backup.us, 0);
	touch(&folder, "b.json", 2000);
	touch(&folder, "a.json", 1000);
	touch(&folder, "c.db", 9000);
	touch(&folder, ".hidden.json", 9000);
	touch(&folder, "json", 9000);
	survey_begin(&survey, world->shell);
	finish(&survey, world, folder.path);
	assert_true(survey.backup.us == 2000 * US_PER_S);
	survey_begin(&survey, world->shell);
	finish(&survey, world, "/nowhere");
	assert_int_equal(survey.backup.us, 0);
	survey_deinit(&survey);
	folder_deinit(&folder);
}

static void a_walk_may_be_left_in_the_middle(void **state)
{
	struct world *world = *state;
	struct survey survey = {0};
	struct folder folder;
	folder_init(&folder);
	int before = count_descriptors();
	for (int i = 0; i < 2 * EXPOSITION_FILES_PER_TURN; i++) {
		char path[96];
		snprintf(path, sizeof(path), "%s/%d.json", folder.path, i);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	survey_begin(&survey, world->shell);
	while (survey.stage != SURVEY_BACKUPS)
		assert_false(survey_turn(&survey, world->shell, folder.path));
	assert_false(survey_turn(&survey, world->shell, folder.path));
	survey_begin(&survey, world->shell);
	finish(&survey, world, folder.path);
	assert_true(survey_turn(&survey, world->shell, folder.path));
	survey_deinit(&survey);
	assert_int_equal(count_descriptors(), before);
	for (int i = 0; i < 2 * EXPOSITION_FILES_PER_TURN; i++) {
		char path[96];
		snprintf(path, sizeof(path), "%s/%d.json", folder.path, i);
		unlink(path);
	}
	folder_deinit(&folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_of_each_department_is_found),
		TEST(a_walk_that_is_overtaken_by_a_rollback_begins_anew),
		TEST(descriptors_are_counted_without_the_one_that_counts),
		TEST(the_newest_backup_is_that_of_the_newest_manifest),
		TEST(a_walk_may_be_left_in_the_middle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
