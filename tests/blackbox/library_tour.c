#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wenzheng/portal.h>
#include <wenzheng/watcher.h>
#include <wenzheng/worker.h>

/*
 * A user's program on libwenzheng: one portal, one worker, the triage desk and a case that goes all the way,
 *in one thread. test_library.py starts it against a real daemon; it ends with 0 if all was as the headers
 *say.
 *
 *	library_tour PORTAL_ENDPOINT WORKER_ENDPOINT SERVER_KEY PORTAL_KEY WORKER_KEY TRIAGE_KEY
 */
#define PATIENCE_MS 15000

#define EXPECT(condition) expect((condition), #condition, __LINE__)

static void expect(bool condition, const char *text, int line)
{
	if (condition)
		return;
	fprintf(stderr, "line %d: not so: %s\n", line, text);
	exit(1);
}

static struct wz_connection_options where(const char *endpoint, const char *server_key, const char *key)
{
	struct wz_connection_options options = WZ_CONNECTION_OPTIONS;
	options.endpoint = endpoint;
	options.server_key_file = server_key;
	options.key_file = key;
	return options;
}

/* The texts of a result live until the next call with its object: what is to stay is copied. */
struct number {
	char text[32];
};

static struct number keep(const char *text)
{
	struct number number;
	snprintf(number.text, sizeof(number.text), "%s", text);
	return number;
}

static struct wz_worker_news next_of(struct wz_worker *worker, enum wz_worker_news_type type)
{
	struct wz_worker_news news;
	do
		EXPECT(wz_worker_next(worker, PATIENCE_MS, &news) == WZ_OK);
	while (news.type != type);
	return news;
}

static struct wz_event next_event(struct wz_portal *portal, const char *name)
{
	struct wz_portal_news news;
	do
		EXPECT(wz_portal_next(portal, PATIENCE_MS, &news) == WZ_OK);
	while (news.type != WZ_PORTAL_EVENT || strcmp(news.event.name, name) != 0);
	return news.event;
}

static void ask_directory(struct wz_portal *portal)
{
	struct wz_directory directory;
	EXPECT(wz_portal_directory(portal, NULL, PATIENCE_MS, &directory) == WZ_OK);
	EXPECT(directory.count == 3 && !directory.more);
	EXPECT(strcmp(directory.departments[0].id, "edu") == 0);
	EXPECT(strcmp(directory.departments[0].name, "教育办") == 0);
	EXPECT(strcmp(directory.departments[0].signature, "教育办") == 0);
}

static struct number submit(struct wz_portal *portal, const char *id, const char *department)
{
	const struct wz_message message = {
		.id = id, .title = "校门口没有斑马线", .body = "孩子过马路危险。", .department = department};
	struct wz_receipt receipt;
	EXPECT(wz_portal_submit(portal, &message, PATIENCE_MS, &receipt) == WZ_OK);
	EXPECT(strcmp(receipt.id, id) == 0 && strlen(receipt.query_code) == 16);
	EXPECT(receipt.due_us > receipt.received_us && strcmp(receipt.class_name, "ordinary") == 0);
	struct number number = keep(receipt.case_number), code = keep(receipt.query_code);
	struct wz_dossier dossier;
	const struct wz_question question = {.case_number = number.text, .query_code = code.text};
	EXPECT(wz_portal_query(portal, &question, PATIENCE_MS, &dossier) == WZ_OK);
	EXPECT(strcmp(dossier.head.case_number, number.text) == 0 && dossier.replies_count == 0);
	const struct wz_question wrong = {.case_number = number.text, .query_code = "0000000000000000"};
	EXPECT(wz_portal_query(portal, &wrong, PATIENCE_MS, &dossier) == WZ_ERROR);
	EXPECT(strcmp(wz_portal_error(portal)->code, "not-found") == 0);
	return number;
}

static void submit_many_at_once(struct wz_portal *portal)
{
	enum { MANY = 100 };
	uint64_t tickets[MANY];
	char id[32];
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "many-%d", i);
		const struct wz_message message = {.id = id, .title = "停水", .body = "又停水了。"};
		EXPECT(wz_portal_send_submit(portal, &message, &tickets[i]) == WZ_OK);
	}
	for (int confirmed = 0; confirmed < MANY; confirmed++) {
		struct wz_portal_news news;
		do
			EXPECT(wz_portal_next(portal, PATIENCE_MS, &news) == WZ_OK);
		while (news.type == WZ_PORTAL_EVENT);
		EXPECT(news.type == WZ_PORTAL_RECEIPT);
		int found = 0;
		while (found < MANY && tickets[found] != news.ticket)
			found++;
		EXPECT(found < MANY);
		snprintf(id, sizeof(id), "many-%d", found);
		EXPECT(strcmp(news.receipt.id, id) == 0);
		tickets[found] = 0;
	}
}

static void answer(struct wz_worker *worker, struct wz_portal *portal, const struct number *number)
{
	struct wz_worker_news news = next_of(worker, WZ_WORKER_OFFER);
	EXPECT(strcmp(news.offer.case_number, number->text) == 0);
	EXPECT(strcmp(news.offer.body, "孩子过马路危险。") == 0 && news.offer.lease_ms > 0);
	int64_t epoch = news.offer.epoch;
	EXPECT(wz_worker_reply(worker, number->text, epoch, "还没签收", WZ_REPLY_FINAL, NULL, PATIENCE_MS) ==
		WZ_ERROR);
	EXPECT(strcmp(wz_worker_error(worker)->code, "wrong-state") == 0);
	EXPECT(strcmp(wz_worker_error(worker)->state, "offered") == 0);
	EXPECT(wz_worker_take(worker, number->text, epoch, PATIENCE_MS) == WZ_OK);
	EXPECT(wz_worker_take(worker, number->text, epoch, PATIENCE_MS) == WZ_OK);

	struct wz_held held;
	struct wz_case whole;
	EXPECT(wz_worker_held(worker, NULL, PATIENCE_MS, &held) == WZ_OK);
	EXPECT(held.count == 1 && !held.after && !held.cases[0].body && held.cases[0].epoch == epoch);
	EXPECT(wz_worker_held_case(worker, number->text, PATIENCE_MS, &whole) == WZ_OK);
	EXPECT(strcmp(whole.body, "孩子过马路危险。") == 0 && strcmp(whole.state, "taken") == 0);

	EXPECT(wz_worker_reply(worker, number->text, epoch, "正在核实。", WZ_REPLY_INTERIM, NULL,
		       PATIENCE_MS) == WZ_OK);
	const struct wz_act act = {.type = WZ_ACT_REPLY,
		.case_number = number->text,
		.epoch = epoch,
		.reply = "已划线。",
		.reply_kind = WZ_REPLY_FINAL};
	struct wz_confirm confirm;
	EXPECT(wz_worker_do(worker, &act, PATIENCE_MS, &confirm) == WZ_OK);
	EXPECT(strcmp(confirm.state, "answered") == 0 && confirm.epoch == epoch);
	EXPECT(wz_worker_do(worker, &act, PATIENCE_MS, &confirm) == WZ_OK);

	struct wz_event event = next_event(portal, "replied");
	EXPECT(strcmp(event.reply, "正在核实。") == 0 && strcmp(event.reply_kind, "interim") == 0);
	event = next_event(portal, "replied");
	EXPECT(strcmp(event.reply, "已划线。") == 0 && strcmp(event.id, "tour-1") == 0);
	wz_portal_seen(portal, event.cursor);

	struct wz_dossier dossier;
	const struct wz_question question = {.id = "tour-1"};
	EXPECT(wz_portal_query(portal, &question, PATIENCE_MS, &dossier) == WZ_OK);
	EXPECT(strcmp(dossier.head.state, "answered") == 0 && dossier.replies_count == 2);
	EXPECT(strcmp(dossier.replies[1].reply, "已划线。") == 0);
}

static void rule(struct wz_worker *worker, struct wz_watcher *desk, const struct number *number)
{
	struct wz_worker_news news = next_of(worker, WZ_WORKER_OFFER);
	EXPECT(strcmp(news.offer.case_number, number->text) == 0);
	EXPECT(wz_worker_return(worker, number->text, news.offer.epoch, "不归我们管", PATIENCE_MS) == WZ_OK);
	struct wz_event event;
	EXPECT(wz_watcher_next(desk, PATIENCE_MS, &event) == WZ_OK);
	EXPECT(strcmp(event.name, "triage") == 0 && strcmp(event.reason, "不归我们管") == 0);
	EXPECT(strcmp(event.case_number, number->text) == 0);
	wz_watcher_seen(desk, event.cursor);
	EXPECT(wz_watcher_assign(desk, number->text, "nowhere", "因为", WZ_RULING_USUAL, PATIENCE_MS) ==
		WZ_ERROR);
	EXPECT(strcmp(wz_watcher_error(desk)->code, "unknown-department") == 0);
	EXPECT(wz_watcher_assign(desk, number->text, "edu", "归你们管", WZ_RULING_USUAL, PATIENCE_MS) ==
		WZ_OK);
	news = next_of(worker, WZ_WORKER_OFFER);
	EXPECT(news.offer.final_ruling);
	int64_t epoch = news.offer.epoch;
	EXPECT(wz_worker_return(worker, number->text, epoch, "还是不归", PATIENCE_MS) == WZ_ERROR);
	EXPECT(strcmp(wz_worker_error(worker)->code, "return-limit") == 0);
	EXPECT(wz_worker_take(worker, number->text, epoch - 1, PATIENCE_MS) == WZ_ERROR);
	EXPECT(strcmp(wz_worker_error(worker)->code, "stale") == 0);
	EXPECT(wz_worker_error(worker)->epoch == epoch);
	EXPECT(wz_worker_fail(worker, number->text, epoch, "办不了", PATIENCE_MS) == WZ_OK);
	EXPECT(wz_watcher_next(desk, PATIENCE_MS, &event) == WZ_OK);
	EXPECT(strcmp(event.text, "failed") == 0);
	wz_watcher_seen(desk, event.cursor);
}

int main(int argc, char **argv)
{
	struct wz_error error;
	struct wz_portal *portal = NULL;
	struct wz_worker *worker = NULL;
	struct wz_watcher *desk = NULL;
	EXPECT(argc == 7);
	struct wz_connection_options options = where(argv[1], argv[3], argv[4]);
	EXPECT(wz_portal_new(&options, &portal, &error) == WZ_OK);
	options = where(argv[2], argv[3], argv[5]);
	const struct wz_worker_options worker_options = {.credit = 1};
	EXPECT(wz_worker_new(&options, &worker_options, &worker, &error) == WZ_OK);
	options = where(argv[2], argv[3], argv[6]);
	EXPECT(wz_watcher_new(&options, &desk, &error) == WZ_OK);
	wz_portal_watch(portal, WZ_CURSOR_STORED);
	wz_watcher_watch(desk, WZ_CURSOR_STORED);

	struct wz_worker_news news = next_of(worker, WZ_WORKER_WELCOME);
	EXPECT(news.credit == 1 && news.heartbeat_ms > 0 && news.lease_ms > 0);
	ask_directory(portal);
	struct number number = submit(portal, "tour-1", "edu");
	answer(worker, portal, &number);
	number = submit(portal, "tour-2", "edu");
	rule(worker, desk, &number);
	submit_many_at_once(portal);

	EXPECT(wz_worker_finish(worker, PATIENCE_MS) == WZ_OK);
	EXPECT(wz_watcher_finish(desk, PATIENCE_MS) == WZ_OK);
	EXPECT(wz_portal_finish(portal, PATIENCE_MS) == WZ_OK);
	wz_worker_destroy(&worker);
	wz_watcher_destroy(&desk);
	wz_portal_destroy(&portal);
	puts("the tour is over");
	return 0;
}
