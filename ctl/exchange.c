#include "ctl/exchange.h"

#include "ctl/document.h"
#include "ctl/exit_status.h"

int exchange_run(const struct exchange *self, const struct settings *settings)
{
	struct talk talk;
	const struct message *answer;
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		struct writer *writer = talk_begin(&talk, self->kind);
		if (self->write)
			self->write(self->context, writer);
		status = talk_ask(&talk, self->expected, &answer);
	}
	if (status == CTL_DONE && settings->json)
		document_print(document_of(answer));
	else if (status == CTL_DONE)
		self->print(self->context, answer);
	talk_close(&talk);
	return status;
}
