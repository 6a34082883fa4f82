/**
 * @file test/support/certificate.c  A certificate for 127.0.0.1 and its key
 */
#include "cmocka_all.h"

#include "support/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void name_it(X509 *cert)
{
    X509_NAME *name = X509_get_subject_name(cert);
    X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_add_ext(cert, alt, -1);
    X509_EXTENSION_free(alt);
}

void certificate_make(struct certificate *c)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *file;

    snprintf(c->folder, sizeof(c->folder), "/tmp/certXXXXXX");
    assert_non_null(mkdtemp(c->folder));
    snprintf(c->cert, sizeof(c->cert), "%s/cert.pem", c->folder);
    snprintf(c->key, sizeof(c->key), "%s/key.pem", c->folder);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    name_it(cert);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    file = fopen(c->cert, "w");
    PEM_write_X509(file, cert);
    fclose(file);
    file = fopen(c->key, "w");
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void certificate_remove(struct certificate *c)
{
    unlink(c->cert);
    unlink(c->key);
    rmdir(c->folder);
}
