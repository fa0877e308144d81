#ifndef WENZHENG_CTL_WIDTH_H
#define WENZHENG_CTL_WIDTH_H

/* How many columns of a terminal a text takes: a Chinese character takes two, and three bytes. */
int width_of(const char *text);

/* Writes a text and blanks behind it, so that what follows stands in this column; one blank at least. */
void width_pad(const char *text, int columns);

#endif
