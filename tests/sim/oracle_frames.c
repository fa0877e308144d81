#include "base/assert.h"
#include "tests/sim/sim.h"

/* What a peer is told, held against the journal before it leaves: nothing that is not durable, nothing that
 * is not the peer's. */

static bool is(struct span text, const char *word)
{
	return span_equal_string(text, word);
}

struct oracle_stream *oracle_stream_of(struct sim *sim, const struct sim_peer *peer)
{
	char name[sizeof(STREAM_PORTAL_PREFIX) + PRINCIPAL_NAME_SIZE_MAX];
	bool portal = peer->role == ROLE_PORTAL;
	snprintf(name, sizeof(name), "%s%s", portal ? STREAM_PORTAL_PREFIX : "",
		portal ? peer->name : role_name(peer->role));
	for (uint32_t i = 0; i < sim->oracle.streams_count; i++)
		if (strcmp(sim->oracle.streams[i].name, name) == 0)
			return &sim->oracle.streams[i];
	return NULL;
}

/* The first place whose event is not before the cursor. */
static uint32_t place_in_stream(const struct oracle_stream *stream, int64_t cursor)
{
	uint32_t low = 0, high = stream->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (stream->events[middle].seq < cursor)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t oracle_event_before(struct sim *sim, const struct sim_peer *peer, int64_t cursor)
{
	const struct oracle_stream *stream = oracle_stream_of(sim, peer);
	SIM_CHECK(sim, stream);
	uint32_t at = place_in_stream(stream, cursor);
	SIM_CHECK(sim, at < stream->count && stream->events[at].seq == cursor);
	return at > 0 ? stream->events[at - 1].seq : 0;
}

/* Promises 1 and 2. */
static void judge_receipt(struct sim *sim, const struct sim_peer *peer, const struct message *receipt)
{
	const struct life *life = oracle_life_of_number(&sim->oracle, message_text(receipt, FIELD_CASE));
	SIM_CHECK(sim, life && peer->role == ROLE_PORTAL && strcmp(life->portal, peer->name) == 0);
	SIM_CHECK(sim, is(message_text(receipt, FIELD_ID), life->message_id));
	SIM_CHECK(sim, message_time(receipt, FIELD_RECEIVED, INSTANT_NEVER).us == life->received);
	SIM_CHECK(sim, message_time(receipt, FIELD_DUE, INSTANT_NEVER).us == life->first_due);
}

static const char *body_of(struct sim *sim, const struct life *life)
{
	const struct sim_peer *portal = sim_peer_named(sim, span_of_string(life->portal));
	for (uint32_t i = 0; i < portal->message_count; i++)
		if (strcmp(portal->messages[i].id, life->message_id) == 0)
			return portal->messages[i].body;
	return NULL;
}

/* Promise 3: the epoch is durable, and the case goes to its holder and nobody else. */
static void judge_offer(struct sim *sim, const struct sim_peer *peer, const struct message *offer)
{
	const struct life *life = oracle_life_of_number(&sim->oracle, message_text(offer, FIELD_CASE));
	SIM_CHECK(sim, life && life->epoch == message_number(offer, FIELD_EPOCH, 0));
	SIM_CHECK(sim, life->state == LIFE_OFFERED && strcmp(life->holder_name, peer->name) == 0);
	SIM_CHECK(sim, is(message_text(offer, FIELD_DEPARTMENT), life->department));
	SIM_CHECK(sim,
		place_may_serve(&sim->place, span_of_string(peer->name), span_of_string(life->department)));
	const char *body = body_of(sim, life);
	SIM_CHECK(sim, body && is(message_text(offer, FIELD_BODY), body));
}

/* Promise 5: the event stands in the peer's own stream, and says what the journal says. */
static void judge_event(struct sim *sim, const struct sim_peer *peer, const struct message *event)
{
	int64_t cursor = message_number(event, FIELD_CURSOR, 0);
	oracle_event_before(sim, peer, cursor);
	const struct oracle_stream *stream = oracle_stream_of(sim, peer);
	const struct oracle_event *said = &stream->events[place_in_stream(stream, cursor)];
	SIM_CHECK(sim, message_time(event, FIELD_AT, INSTANT_NEVER).us == said->at);
	int64_t case_id = 0;
	if (message_has(event, FIELD_CASE))
		SIM_CHECK(sim, case_number_parse(message_text(event, FIELD_CASE), &case_id));
	SIM_CHECK(sim, case_id == said->case_id);
	if (said->kind == RECORD_ESCALATED)
		SIM_CHECK(sim, message_number(event, FIELD_RUNG, 0) == said->number &&
				       message_time(event, FIELD_FIRED, INSTANT_NEVER).us == said->at);
}

static void judge_confirm(struct sim *sim, const struct message *confirm)
{
	if (!message_has(confirm, FIELD_CASE))
		return;
	const struct life *life = oracle_life_of_number(&sim->oracle, message_text(confirm, FIELD_CASE));
	struct span state = message_text(confirm, FIELD_STATE);
	int64_t epoch = message_number(confirm, FIELD_EPOCH, 0);
	SIM_CHECK(sim, life && epoch <= life->epoch);
	SIM_CHECK(sim, !is(state, "answered") || life->state == LIFE_ANSWERED);
	SIM_CHECK(sim, !is(state, "taken") || epoch < life->epoch || life->taken_epoch == epoch);
}

/* HELD: cases of departments that this worker serves. */
static void judge_list(struct sim *sim, const struct sim_peer *peer, const struct message *list)
{
	struct message item;
	struct field_value rest = list->values[FIELD_ITEMS];
	while (peer->role == ROLE_WORKER && message_items_next(&rest, &item))
		SIM_CHECK(sim, place_may_serve(&sim->place, span_of_string(peer->name),
				       message_text(&item, FIELD_DEPARTMENT)));
}

static bool says_something(enum kind kind)
{
	return kind == KIND_RECEIPT || kind == KIND_OFFER || kind == KIND_EVENT || kind == KIND_CONFIRM ||
	       kind == KIND_LIST;
}

void oracle_frame(struct sim *sim, struct sim_peer *peer, struct span kind_frame, struct span map_frame)
{
	struct message message;
	struct refusal refusal;
	SIM_CHECK(sim, store_memory_is_durable(sim->store)); /* promise 1 */
	oracle_read(sim);
	bool revoked = place_is_revoked(&sim->place, span_of_string(peer->name));
	if (!revoked && !says_something((enum kind)(uint8_t)kind_frame.data[4]))
		return;
	SIM_CHECK(sim, message_decode(kind_frame, map_frame, &message, &refusal));
	if (revoked) /* promise 9 */
		/* Or that everybody's batch met a full disk, which says nothing of anything. */
		SIM_CHECK(sim, is(message_text(&message, FIELD_CODE), "revoked") ||
				       (message.kind == KIND_BUSY &&
					       is(message_text(&message, FIELD_CODE), "disk")));
	switch ((uint8_t)message.kind) {
	case KIND_RECEIPT:
		return judge_receipt(sim, peer, &message);
	case KIND_OFFER:
		return judge_offer(sim, peer, &message);
	case KIND_EVENT:
		return judge_event(sim, peer, &message);
	case KIND_CONFIRM:
		return judge_confirm(sim, &message);
	case KIND_LIST:
		return judge_list(sim, peer, &message);
	default:
		return;
	}
}
