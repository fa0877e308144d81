#ifndef WENZHENG_HOST_VERIFY_H
#define WENZHENG_HOST_VERIFY_H

#include <stdbool.h>
#include <stdio.h>

/*
 * `wenzhengd --verify`: read-only, beside a running daemon or without one. Walks the hash chain, rebuilds
 * every case from the journal and compares it with its row, checks every stored text against its hash. Prints
 * one line for each thing that differs and a summary. True if nothing does.
 */
bool verify_store(const char *config_path, FILE *out);

#endif
