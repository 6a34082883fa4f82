/**
 * @file test/support/transcriptions.h  Starts the stand-in for transcription services
 */
#ifndef TEST_SUPPORT_TRANSCRIPTIONS_H
#define TEST_SUPPORT_TRANSCRIPTIONS_H

#include <sys/types.h>

struct transcriptions {
    pid_t pid;
    int hold;     /**< It serves until this descriptor is closed */
    char url[64]; /**< "http://127.0.0.1:PORT/v1" */
};

int transcriptions_start(struct transcriptions *t); /**< 0, or -1 if there is no python3 */
void transcriptions_stop(struct transcriptions *t);

#endif
