/**
 * @file auth/keyring.h  Reading and writing master keys; private to auth/seal.c
 *
 * A file or a setting contains one or more keys, separated by white space or commas: the first one
 * seals, the others open what they sealed before. Each is 64 hex digits or base64 of 32 bytes.
 *
 * Errors     UV_EINVAL no keys, too many, or one twice; UV_ENOENT, UV_EPERM and others of the file,
 *            with a sentence.
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include "auth/seal.h"

enum { KEY_LEN = 32 };

struct keyring {
    size_t count;
    unsigned char key[SEAL_KEYS_MAX][KEY_LEN]; /* the first one seals */
};

int keyring_parse(const char *text, struct keyring *ring);
/** If the file does not exist it is created with a new key, or the result is UV_ENOENT: depending
 *  on start. */
int keyring_load(const char *path, enum seal_start start, struct keyring *ring, struct errbuf *why);
/** Reads the file, lets fn change the keys, and replaces the file completely or not at all. One at
 *  a time, even across processes. */
int keyring_change(const char *path, int (*fn)(struct keyring *ring, struct errbuf *why),
                   struct errbuf *why);
/** The file's format: one key per line; text has room for KEYRING_TEXT_MAX. */
enum { KEYRING_TEXT_MAX = SEAL_KEYS_MAX * (2 * KEY_LEN + 1) + 1 };
size_t keyring_print(const struct keyring *ring, char *text);
/** Creates a new file; UV_EEXIST: there is one with other keys. */
int keyring_make(const char *path, const struct keyring *ring, struct errbuf *why);
void keyring_wipe(struct keyring *ring);

#endif
