#ifndef WENZHENG_TESTS_UNIT_SHELL_STAGE_WORDS_H
#define WENZHENG_TESTS_UNIT_SHELL_STAGE_WORDS_H

#include "tests/unit/shell/stage.h"

/* Short words for a test whose stage is called `stage`. */
#define N(number) ((int64_t)(number))
/* Says it and turns, which must not fail. */
#define SAY(...)	  (stage_say(stage, __VA_ARGS__, FIELD_TOTAL), assert_int_equal(shell_turn(stage->shell), 0))
#define EXPECT_CODE(text) assert_string_equal(stage->code, text)

#endif
