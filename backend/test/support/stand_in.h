/**
 * @file test/support/stand_in.h  Run support/providers.py beside a test
 *
 *     struct stand_in s;
 *     if (!stand_in_open(&s)) skip();
 *     s.url_openai, s.url_ollama …
 *     json_t *log = stand_in_log(&s);        // blocking: the loop of the test stands still
 *     stand_in_close(&s);
 */
#ifndef TEST_STAND_IN_H
#define TEST_STAND_IN_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct stand_in {
    pid_t pid;
    int hold; /* closing it ends the program */
    int port;
    char url_openai[64];
    char url_ollama[64];
};

bool stand_in_open(struct stand_in *s); /* false: there is no python3 */
json_t *stand_in_log(const struct stand_in *s);
void stand_in_close(struct stand_in *s);

#endif
