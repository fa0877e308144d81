#include "daemon/host/log_events.h"

#include <syslog.h>

#include "base/assert.h"

static const char *const names[LOGGED_END] = {
	[LOGGED_CASE] = "CASE",
	[LOGGED_DEPARTMENT] = "DEPARTMENT",
	[LOGGED_PORTAL] = "PORTAL",
	[LOGGED_PRINCIPAL] = "PRINCIPAL",
	[LOGGED_RUNG] = "RUNG",
	[LOGGED_OPEN] = "OPEN",
	[LOGGED_TEXT] = "TEXT",
	[LOGGED_CODE] = "CODE",
	[LOGGED_ERROR] = "ERROR",
	[LOGGED_ZONE] = "ZONE",
	[LOGGED_ENDPOINT] = "ENDPOINT",
	[LOGGED_ADDRESS] = "ADDRESS",
	[LOGGED_KEY] = "KEY",
	[LOGGED_RECORDS] = "RECORDS",
	[LOGGED_HEAD] = "HEAD",
	[LOGGED_LEFT_OUT] = "LEFT_OUT",
	[LOGGED_LEFT_EVENT] = "LEFT_EVENT",
	[LOGGED_HOLDER] = "HOLDER",
	[LOGGED_FILE] = "FILE",
};
static_assert(LOGGED_END <= 32, "a mask has a bit for each");

/* An id is made once (`journalctl --new-id128`) and never used for anything else. */
static const struct log_event_info events[HOST_EVENT_END] = {
	[LOG_STARTED] = {"5879b8e3cd6244d398d40c5689904a99", "started", LOG_NOTICE, 0, LOGGED(OPEN),
		"started with {OPEN} open cases"},
	[LOG_WORKER_READY] = {"447b6666c803429491dc3084eafeb672", "worker-ready", LOG_INFO, 10,
		LOGGED(PRINCIPAL), "a worker is ready"},
	[LOG_REFUSED] = {"8664ce69c1a649c4bd3378407599cb65", "refused", LOG_WARNING, 1,
		LOGGED(PRINCIPAL) | LOGGED(CODE), "a principal asked for what it may not have: {CODE}"},
	[LOG_STRANGER] = {"c9cdc9365f994db08e2c90839544eda8", "key-withdrawn", LOG_WARNING, 1,
		LOGGED(PRINCIPAL), "a message came with a key that is no longer admitted"},
	[LOG_PARKED] = {"e913e68f26fe4f2c8ecdd6f915969763", "parked", LOG_ERR, 10,
		LOGGED(CASE) | LOGGED(DEPARTMENT) | LOGGED(PORTAL), "a case is parked at triage"},
	[LOG_ESCALATED] = {"b4a6511766ee4dd19e8add3b16dfa0f4", "escalated", LOG_NOTICE, 0,
		LOGGED(CASE) | LOGGED(DEPARTMENT) | LOGGED(PORTAL) | LOGGED(RUNG),
		"a case is overdue: rung {RUNG}"},
	[LOG_CLOCK_HELD] = {"fbccdd3e4b9944a28b4b0a3159f32665", "clock-held", LOG_ALERT, 0, 0,
		"the clock is not plausible: reminders and escalations wait until it is right, or `wenzhengctl clock accept`"},
	[LOG_CLOCK_RESUMED] = {"fbefce9182c64b65805c6ffbe37485a7", "clock-resumed", LOG_NOTICE, 0, 0,
		"the clock is right again: reminders and escalations go on"},
	[LOG_DISK_LOW] = {"b4e51f76b7fa4becaabe267455849848", "disk-low", LOG_ALERT, 0, 0,
		"the store's disk is below its reserve: new messages are refused with BUSY(disk)"},
	[LOG_DISK_OK] = {"20438577058c48bea1706cda3506a53e", "disk-ok", LOG_NOTICE, 0, 0,
		"the store's disk has room again"},
	[LOG_STORE_FULL] = {"0e6cdf27dbe645d39123bc014d783eee", "disk-full", LOG_ALERT, 0, 0,
		"the store's disk is full: nothing is written until there is room"},
	[LOG_TEXT_DAMAGED] = {"64eafd4445fc48d9ad6c222ff265bdd9", "damaged", LOG_CRIT, 10,
		LOGGED(CASE) | LOGGED(DEPARTMENT) | LOGGED(PORTAL) | LOGGED(PRINCIPAL) | LOGGED(TEXT),
		"a stored text does not match its hash and is not served; run `wenzhengd --verify`"},
	[LOG_CONFIGURED] = {"b7db53c18b0b4aac92832c7e9f9a6619", "configured", LOG_NOTICE, 0,
		LOGGED(PRINCIPAL), "new configuration is in force"},
	[LOG_CONTACT_OPENED] = {"4807be5d020d458abe6b877b5b79bb06", "contact-opened", LOG_NOTICE, 10,
		LOGGED(CASE) | LOGGED(DEPARTMENT) | LOGGED(PORTAL) | LOGGED(PRINCIPAL),
		"sealed contact details were handed out; the history says what for"},
	[LOG_REVOKED] = {"99a59f37527f4baf8c2ca7f9d7e7e568", "revoked", LOG_WARNING, 0, LOGGED(PRINCIPAL),
		"a key is out of force from now on"},
	[HOST_LISTENING] = {"e98ec1304359414baa8fbb1c4badadb8", "listening", LOG_INFO, 0,
		LOGGED(ZONE) | LOGGED(ENDPOINT) | LOGGED(HOLDER), "{ZONE} zone listens on {ENDPOINT}"},
	[HOST_STORE_KEPT] = {"41a9da2acc1a418ba7364ad51bd55dd9", "store-kept", LOG_NOTICE, 0, LOGGED(FILE),
		"the store's schema was brought up; as it was before it is kept in {FILE}"},
	[HOST_LABORATORY] = {"e64909cb4c4d432598af279fddcd11ad", "laboratory", LOG_WARNING, 0, 0,
		"this store is a LABORATORY: its clock is virtual and nothing in it is real"},
	[HOST_CHAIN_HEAD] = {"e6e3a32cb8bc474e8ce7b2892e38842a", "chain-head", LOG_NOTICE, 0,
		LOGGED(RECORDS) | LOGGED(HEAD), "journal: {RECORDS} records, head {HEAD}"},
	[HOST_RELOADED] = {"bc0398c932f248aa8289bfaf6c4c440b", "reloaded", LOG_NOTICE, 0, 0, "reloaded"},
	[HOST_NOT_RELOADED] = {"d270a81153c24b88a43e51270131e35e", "not-reloaded", LOG_ERR, 0, LOGGED(ERROR),
		"not reloaded, the old configuration stays: {ERROR}"},
	[HOST_TURNED_AWAY] = {"4fff6b11c8a2431996ade6574e5a9028", "turned-away", LOG_WARNING, 1,
		LOGGED(ZONE) | LOGGED(ADDRESS) | LOGGED(KEY),
		"turned away at the {ZONE} zone: address={ADDRESS} key={KEY}"},
	[HOST_STOPPING] = {"6f4fd650a65949a4841ebeac1a636c23", "stopping", LOG_NOTICE, 0, 0,
		"stopping: the batch is finished and the workers are told"},
	[HOST_NOT_CONFIGURED] = {"7a5d49368c8d4241b050a677470838f5", "not-configured", LOG_ERR, 0,
		LOGGED(ERROR), "not started, the configuration is not good: {ERROR}"},
	[HOST_STORE_REFUSED] = {"8e457f964b5c43f798862cbdf3bee24e", "store-refused", LOG_ERR, 0,
		LOGGED(ERROR), "not started, the store cannot be served from: {ERROR}"},
	[HOST_NOT_OPENED] = {"3404d7b5e2034fdf8791c9ba84a25b12", "not-opened", LOG_ERR, 0, LOGGED(ERROR),
		"not started, a zone cannot be opened: {ERROR}"},
	[HOST_FAILED] = {"f838e375b9c2442d8ebe6f84783e9621", "failed", LOG_CRIT, 0, LOGGED(ERROR),
		"the daemon ends, for it cannot be sure of what it wrote or heard: {ERROR}; nothing that had a receipt is lost"},
	[HOST_LEFT_OUT] = {"1d441838f13941f5aeb208c51a5011c2", "left-out", LOG_WARNING, 0,
		LOGGED(LEFT_OUT) | LOGGED(LEFT_EVENT) | LOGGED(PRINCIPAL),
		"{LEFT_OUT} more lines of the event {LEFT_EVENT} were left out"},
	[HOST_JOURNAL_FULL] = {"402b34b6ef03415e81039ac037b0c0ef", "journal-full", LOG_WARNING, 0,
		LOGGED(LEFT_OUT),
		"{LEFT_OUT} records are missing before this one: the system journal did not take them"},
};

const struct log_event_info *log_event_info(unsigned event)
{
	REQUIRE(event < HOST_EVENT_END);
	return &events[event];
}

const char *logged_name(enum logged field)
{
	REQUIRE(field < LOGGED_END);
	return names[field];
}
