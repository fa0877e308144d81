#include "ctl/width.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

int width_of(const char *text)
{
	int width = 0;
	mbstate_t state = {0};
	for (size_t left = strlen(text); left > 0;) {
		wchar_t character;
		size_t size = mbrtowc(&character, text, left, &state);
		if (size == (size_t)-1 || size == (size_t)-2)
			return width + (int)left; /* no UTF-8: a terminal shows each byte somehow */
		int columns = wcwidth(character);
		width += columns > 0 ? columns : 0;
		text += size;
		left -= size;
	}
	return width;
}

void width_pad(const char *text, int columns)
{
	int blanks = columns - width_of(text);
	printf("%s%*s", text, blanks > 0 ? blanks : 1, "");
}
