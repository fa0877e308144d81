#include "tests/sim/sim.h"

/* Portals: they send until they have a receipt, and now and then again. */

#define OTHER_CONTENT 1000000 /* added to the request id: the same message id, and other words */

static void submit(struct sim *self, struct sim_peer *peer, struct sim_message *message, bool other_content)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	int64_t number = message - peer->messages;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, number + (other_content ? OTHER_CONTENT : 0));
	writer_text(&writer, FIELD_ID, span_of_string(message->id));
	writer_text(&writer, FIELD_TITLE, other_content ? SPAN_LITERAL("别的") : SPAN_LITERAL("问题"));
	writer_text(&writer, FIELD_BODY, span_of_string(message->body));
	if (message->body[0] == 'r')
		writer_text(&writer, FIELD_DEPARTMENT, SPAN_LITERAL("roads"));
	if (message->body[0] == 'n')
		writer_text(&writer, FIELD_CONTACT, SPAN_LITERAL("nobody at all"));
	if (message->body[0] == 'e')
		writer_text(&writer, FIELD_DEPARTMENT, SPAN_LITERAL("edu"));
	writer_end(&writer);
	if (!other_content)
		message->asked_at = self->now.mono.us;
	sim_send(self, peer, KIND_SUBMIT, &map);
}

static void new_message(struct sim *self, struct sim_peer *peer)
{
	static const struct {
		const char *body, *department;
	} kinds[] = {{"roads", "roads"}, {"edu", "edu"}, {"水管", "water"}, {"nobody knows", NULL}};
	if (peer->message_count == SIM_MESSAGES_MAX)
		return;
	struct sim_message *message = &peer->messages[peer->message_count];
	unsigned number = peer->message_count++;
	uint64_t kind = prng_below(&self->prng, 4);
	bool poison = sim_strikes(self, FAULT_POISON, 50);
	snprintf(message->id, sizeof(message->id), "m%u", number);
	snprintf(message->body, sizeof(message->body), "%s %u", poison ? "poison" : kinds[kind].body, number);
	message->department = poison ? "edu" : kinds[kind].department;
	self->submitted++;
	submit(self, peer, message, false);
}

/* Promise 2: a receipt is the same for ever, and never one for other words. */
void sim_portal_receipt(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	int64_t req = message_number(answer, FIELD_REQ, -1);
	SIM_CHECK(self, req >= 0 && req < peer->message_count);
	struct sim_message *message = &peer->messages[req], before = *message;
	sim_copy_text(message_text(answer, FIELD_CASE), message->case_number, sizeof(message->case_number));
	sim_copy_text(
		message_text(answer, FIELD_QUERY_CODE), message->query_code, sizeof(message->query_code));
	message->received = message_time(answer, FIELD_RECEIVED, INSTANT_NEVER).us;
	message->due = message_time(answer, FIELD_DUE, INSTANT_NEVER).us;
	message->receipted = true;
	if (!before.receipted)
		return;
	SIM_CHECK(self, strcmp(before.case_number, message->case_number) == 0);
	SIM_CHECK(self, strcmp(before.query_code, message->query_code) == 0);
	SIM_CHECK(self, before.received == message->received && before.due == message->due);
}

void sim_portal_error(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	(void)peer;
	struct span code = message_text(answer, FIELD_CODE);
	bool conflict = span_equal_string(code, "conflict");
	SIM_CHECK(self, conflict || span_equal_string(code, "unknown-department"));
	SIM_CHECK(self, conflict == (message_number(answer, FIELD_REQ, -1) >= OTHER_CONTENT));
}

void sim_portal_act(struct sim *self, struct sim_peer *peer)
{
	if (self->faults && prng_chance(&self->prng, 20))
		new_message(self, peer);
	for (uint32_t i = 0; i < peer->message_count; i++) {
		struct sim_message *message = &peer->messages[i];
		if (message->receipted) {
			if (sim_strikes(self, FAULT_HOSTILE, 1))
				submit(self, peer, message, true);
			else if (sim_strikes(self, FAULT_ECHO, 1))
				submit(self, peer, message, false);
		} else if (!sim_is_waiting(self, message->asked_at)) {
			submit(self, peer, message, false);
		}
	}
}
