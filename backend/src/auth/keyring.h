/**
 * @file auth/keyring.h  Master keys as they are written down; private to auth/seal.c
 *
 * A file or a setting holds one key or several, with white space or commas between: the first one
 * seals, those behind it open what they sealed before. Each is 64 hex digits or base64 of 32 bytes.
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
/** A file that is not there is made with a new key, or is UV_ENOENT: as start says. */
int keyring_load(const char *path, enum seal_start start, struct keyring *ring, struct errbuf *why);
/** Read the file, let fn change the keys, and put the file in its place, whole or not at all. One
 *  at a time, also among processes. */
int keyring_change(const char *path, int (*fn)(struct keyring *ring, struct errbuf *why),
                   struct errbuf *why);
/** As a file holds them: a key a line; text has room for KEYRING_TEXT_MAX. */
enum { KEYRING_TEXT_MAX = SEAL_KEYS_MAX * (2 * KEY_LEN + 1) + 1 };
size_t keyring_print(const struct keyring *ring, char *text);
/** A new file; UV_EEXIST: there is one, with other keys. */
int keyring_make(const char *path, const struct keyring *ring, struct errbuf *why);
void keyring_wipe(struct keyring *ring);

#endif
