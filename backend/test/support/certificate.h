/**
 * @file test/support/certificate.h  A certificate for 127.0.0.1 and its key, made where it is used
 *
 *     struct certificate c;
 *     certificate_make(&c);        // c.cert and c.key: paths of PEM files, good for an hour
 *     ...
 *     certificate_remove(&c);
 */
#ifndef TEST_SUPPORT_CERTIFICATE_H
#define TEST_SUPPORT_CERTIFICATE_H

struct certificate {
    char folder[32];
    char cert[64];
    char key[64];
};

void certificate_make(struct certificate *c);
void certificate_remove(struct certificate *c);

#endif
