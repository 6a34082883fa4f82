/**
 * @file test/support/postgres.h  A PostgreSQL server of a test's own, in a temporary folder
 *
 *     if (postgres_start())            // false: none is installed here
 *         ...
 *     postgres_url("one", url);        // of a schema, which is made
 *     postgres_do("kill");             // as support/postgres.py says: cut, kill, start, freeze,
 * thaw postgres_stop();
 *
 * Threads    One.
 */
#ifndef TEST_POSTGRES_H
#define TEST_POSTGRES_H

#include <stdbool.h>

enum { POSTGRES_URL_MAX = 512 };

bool postgres_start(void);
void postgres_stop(void); /**< Also when it was not started */
void postgres_url(const char *schema, char url[static POSTGRES_URL_MAX]);
void postgres_do(const char *command);

#endif
