/**
 * @file test/unit/config/config.c  Settings: who wins, what is refused, and how it is said
 */
#include "cmocka_all.h"

#include "config/config.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENV(...) ((char *const[]){__VA_ARGS__, NULL})
#define FLAGS(...)                                                                                 \
    (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), ((char *[]){__VA_ARGS__})
#define NO_ENV  ((char *const[]){LITERAL("INTERVIEWD_DATA=/nowhere"), NULL})
#define L(text) LITERAL(text)

static struct config *load(int argc, char *const *argv, char *const *env)
{
    struct config *config = NULL;
    struct errbuf err = {""};

    if (config_load(&config, argc, argv, env, &err))
        fail_msg("%s", err.text);
    return config;
}

static void refused(int argc, char *const *argv, char *const *env, const char *sentence)
{
    struct config *config = NULL;
    struct errbuf err = {""};

    assert_int_not_equal(config_load(&config, argc, argv, env, &err), 0);
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

static void with_nothing_set_it_serves_this_machine_only(void **state)
{
    struct config *c = load(0, NULL, NO_ENV);

    (void)state;
    assert_string_equal(c->listen_host, "127.0.0.1");
    assert_int_equal(c->listen_port, 8080);
    assert_false(c->accounts);
    assert_false(c->beyond_loopback);
    assert_string_equal(c->asr_engine, "auto");
    assert_int_equal(c->provider_count, 0);
    assert_int_equal(c->access_token_s, 900);
    assert_int_equal(c->requests_per_minute, 100);
    assert_int_equal(c->vad_hangover_ms, 350);
    assert_true(c->asr_preload);
    assert_null(c->origins[0]);
    assert_null(c->master_key);
    assert_null(c->file);
    config_free(c);
}

static void a_later_place_wins(void **state)
{
    char dir[SCRATCH_MAX];
    char data[256];
    struct config *c;

    (void)state;
    scratch_make(dir);
    snprintf(data, sizeof(data), "INTERVIEWD_DATA=%s", dir);
    scratch_write(scratch_path(dir, "interviewd.conf"),
                  "# mine\n\nINTERVIEWD_LISTEN = 127.0.0.1:1\nINTERVIEWD_LOG_LEVEL=\"debug\"\n"
                  "export INTERVIEWD_VAD_EAGER_MS='90'\r\nINTERVIEWD_LOG_FORMAT=\n");
    c = load(0, NULL, ENV(data));
    assert_int_equal(c->listen_port, 1);
    assert_string_equal(c->log_level, "debug");
    assert_string_equal(c->log_format, "auto");
    assert_int_equal(c->vad_eager_ms, 90);
    assert_non_null(strstr(c->file, "interviewd.conf"));
    config_free(c);

    c = load(0, NULL, ENV(data, L("INTERVIEWD_LISTEN=127.0.0.1:2")));
    assert_int_equal(c->listen_port, 2);
    config_free(c);

    c = load(FLAGS(L("--listen"), L("127.0.0.1:3"), L("--log-level=warn")),
             ENV(data, L("INTERVIEWD_LISTEN=127.0.0.1:2")));
    assert_int_equal(c->listen_port, 3);
    assert_string_equal(c->log_level, "warn");
    assert_string_equal(config_path(c, "models") + strlen(dir), "/models");
    config_free(c);
    scratch_remove(dir);
}

static void a_named_config_file_must_be_there_and_right(void **state)
{
    char dir[SCRATCH_MAX];
    const char *path;

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "my.conf");
    refused(FLAGS(L("--config"), L(path)), NO_ENV, "cannot read");
    scratch_write(path, "INTERVIEWD_LISTEN=127.0.0.1:9\nINTERVIEWD_LISTENN=1\n");
    refused(FLAGS(L("--config"), L(path)), NO_ENV,
            "line 2: there is no setting INTERVIEWD_LISTENN");
    scratch_write(path, "LISTEN\n");
    refused(FLAGS(L("--config"), L(path)), NO_ENV, "line 1 is not KEY=value");
    scratch_write(path, "INTERVIEWD_LISTEN=\"127\n");
    refused(FLAGS(L("--config"), L(path)), NO_ENV, "a quote is not closed");
    scratch_write(path, "\nINTERVIEWD_ASR_LINES=many\n");
    refused(FLAGS(L("--config"), L(path)), NO_ENV,
            "INTERVIEWD_ASR_LINES (my.conf line 2) must be a whole number from 0 to 1000, not "
            "\"many\"");
    scratch_remove(dir);
}

static void a_file_is_read_as_people_write_it(void **state)
{
    static const struct {
        const char *text;
        int port;
        const char *model;
    } files[] = {
        {"\xef\xbb\xbfINTERVIEWD_LISTEN=127.0.0.1:3", 3, "gpt-4o-mini"},
        {"\xef\xbb\xbf# mine\r\nINTERVIEWD_LISTEN=127.0.0.1:3\r\n", 3, "gpt-4o-mini"},
        {"export\tINTERVIEWD_LISTEN=127.0.0.1:3\n", 3, "gpt-4o-mini"},
        {" export \t INTERVIEWD_LISTEN\t= \t127.0.0.1:3 \t\n", 3, "gpt-4o-mini"},
        {"INTERVIEWD_LISTEN=127.0.0.1:3\rINTERVIEWD_OPENAI_MODEL=a b\r", 3, "a b"},
        {"INTERVIEWD_OPENAI_MODEL=llama3   # local\nINTERVIEWD_LISTEN=[::1]:4\t#x\n", 4, "llama3"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL= # none\n", 5, "gpt-4o-mini"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL= #none\n", 5, "gpt-4o-mini"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL=#1\n", 5, "#1"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL=a#b\n", 5, "a#b"},
        {"INTERVIEWD_LISTEN=':5' # port\nINTERVIEWD_OPENAI_MODEL=\" a # b \"# c\n", 5, " a # b "},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL='it\"s'\n", 5, "it\"s"},
        {"# one\n\xef\xbb\xbfINTERVIEWD_LISTEN=:5\n", 5, "gpt-4o-mini"}, /* two files joined */
        {"\xe2\x80\x8bINTERVIEWD_LISTEN=:5\xe2\x80\x8b\n", 5, "gpt-4o-mini"},
        {"INTERVIEWD_LISTEN\xc2\xa0=\xc2\xa0:5\xc2\xa0\n", 5, "gpt-4o-mini"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL=gr\xc3\xa0\n", 5, "gr\xc3\xa0"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL='$m'\n", 5, "$m"},
        {"INTERVIEWD_LISTEN=:5\nINTERVIEWD_OPENAI_MODEL=$5a-$b\n", 5, "$5a-$b"},
        {"INTERVIEWD_LOG_LEVEL=DEBUG\nINTERVIEWD_LISTEN=:5\n", 5, "gpt-4o-mini"},
    };
    char dir[SCRATCH_MAX];
    const char *path;

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "my.conf");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct config *c;

        scratch_write(path, files[i].text);
        c = load(FLAGS(L("--config"), L(path)),
                 ENV(L("OPENAI_API_KEY=k"), L("INTERVIEWD_PROVIDERS=openai"),
                     L("INTERVIEWD_ACCOUNTS=on")));
        assert_int_equal(c->listen_port, files[i].port);
        assert_string_equal(c->providers[0].model, files[i].model);
        config_free(c);
    }
    scratch_remove(dir);
}

static void what_cannot_be_meant_is_named_with_its_line(void **state)
{
    static const char *const files[][2] = {
        {"INTERVIEWD_LISTEN: 127.0.0.1:3\n", "line 1 is not KEY=value: write it as in"},
        {"[server]\n", "line 1 is not KEY=value"},
        {"\n// note = x\n", "line 2 is not KEY=value"},
        {"INTERVIEWD_LISTEN=\xe2\x80\x9c:3\xe2\x80\x9d\n", "typographic quotes"},
        {"INTERVIEWD_LISTEN=\":3\n", "add \" at the end"},
        {"INTERVIEWD_LISTEN=':3' :4\n", "something follows the closing quote"},
        {"INTERVIEWD_LISTEN=:3\n\nINTERVIEWD_LISTEN=:4\n",
         "line 3 sets INTERVIEWD_LISTEN again, which line 1 sets already"},
        {"LISTEN=:3\n", "there is no setting LISTEN; did you mean INTERVIEWD_LISTEN?"},
        {"interviewd_listen=:3\n", "did you mean INTERVIEWD_LISTEN?"},
        {"INTERVIEWD_GROQ_API_KEY=x\n", "did you mean GROQ_API_KEY?"},
        {"OPENAI_KEY=x\n", "did you mean OPENAI_API_KEY?"},
        {"SMTP_HOST=x\n", "docs/guides/configuration.md"},
        {"\xff\xfeI", "save it again as UTF-8"},
        {"# a\nINTERVIEWD_OPENAI_MODEL=gr\xe0\n", "line 2 is not UTF-8: save the file again"},
        {"INTERVIEWD_OPENAI_MODEL=a\x1b[31m\n", "line 1 has a control character (0x1b)"},
        {"INT\xd0\x95RVIEWD_LISTEN=:3\n", "line 1: before the = is a character that is none of A"},
        {"GROQ_API_KEY=k\nexport OPENAI_API_KEY=$OTHER\n", "line 2: the value is one that a shell"},
        {"OPENAI_API_KEY=\"${KEY:-none}\"\n", "or put it into single quotes"},
        {"OPENAI_API_KEY=$(cat key)\n", "line 1: the value is one that a shell"},
        {"OPENAI_API_KEY=`cat key` # key\n", "line 1: the value is one that a shell"},
        {"\nINTERVIEWD_ORIGINS=https://a.example/\n",
         "INTERVIEWD_ORIGINS (my.conf line 2): \"https://a.example/\" is not an origin"},
        {"INTERVIEWD_BEHIND_PROXY=nginx\n", "INTERVIEWD_BEHIND_PROXY (my.conf line 1): \"nginx\""},
        {"INTERVIEWD_TLS_KEY=/x\n", "only INTERVIEWD_TLS_KEY (my.conf line 1) is set"},
        {"INTERVIEWD_TLS_KEY=/x\nINTERVIEWD_TLS_CERT=/nothing/here\n",
         "INTERVIEWD_TLS_CERT (my.conf line 2): cannot read /nothing/here"},
        {"INTERVIEWD_LOG_LEVEL=warning\n", "must be error, warn, info or debug"},
        {"INTERVIEWD_ACCESS_TOKEN_S=4 # s\n",
         "INTERVIEWD_ACCESS_TOKEN_S (my.conf line 1) must be a whole number from 5 to 86400"},
    };
    char dir[SCRATCH_MAX];
    const char *path;

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "my.conf");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        scratch_write(path, files[i][0]);
        refused(FLAGS(L("--config"), L(path)), NO_ENV, files[i][1]);
    }
    scratch_remove(dir);
}

static void a_choice_is_taken_in_each_way_people_write_it(void **state)
{
    static const char *const on[] = {"INTERVIEWD_ACCOUNTS=ON", "INTERVIEWD_ACCOUNTS=true",
                                     "INTERVIEWD_ACCOUNTS=Yes", "INTERVIEWD_ACCOUNTS=1"};

    (void)state;
    for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
        struct config *c = load(
            0, NULL,
            ENV(L(on[i]), L("INTERVIEWD_LOG_LEVEL=Debug"), L("INTERVIEWD_ASR_ENGINE=Whisper")));

        assert_true(c->accounts);
        assert_string_equal(c->log_level, "debug");
        assert_string_equal(c->asr_engine, "whisper");
        config_free(c);
    }
    refused(0, NULL, ENV(L("INTERVIEWD_ACCOUNTS=perhaps")), "must be on or off");
}

static void the_environment_is_read_as_tools_set_it(void **state)
{
    const char *home = getenv("HOME");
    struct config *c =
        load(0, NULL,
             ENV(L("INTERVIEWD_LISTEN=\"127.0.0.1:7\""), L("GROQ_API_KEY= gsk_1\r\n"),
                 L("INTERVIEWD_LOG_LEVEL=''"), L("INTERVIEWD_DATA=~/somewhere")));

    (void)state;
    assert_int_equal(c->listen_port, 7);
    assert_string_equal(c->providers[0].key, "gsk_1");
    assert_string_equal(c->log_level, "info");
    if (home) {
        assert_memory_equal(c->data_dir, home, strlen(home));
        assert_string_equal(c->data_dir + strlen(home), "/somewhere");
    }
    config_free(c);
}

static void files_and_a_commands_own_flags_are_left_to_it(void **state)
{
    struct config *c = load(FLAGS(L("a.wav"), L("--json"), L("--listen=:0"), L("--accounts=on"),
                                  L("--"), L("--listen")),
                            NO_ENV);

    (void)state;
    assert_int_equal(c->arg_count, 3);
    assert_string_equal(c->args[0], "a.wav");
    assert_string_equal(c->args[1], "--json");
    assert_string_equal(c->args[2], "--listen");
    config_free(c);
}

static void a_slip_in_a_flag_is_answered_with_the_right_one(void **state)
{
    struct errbuf err = {""};

    (void)state;
    config_unknown_flag("--listn=127.0.0.1:1", &err);
    assert_string_equal(err.text, "there is no --listn; did you mean --listen?");
    config_unknown_flag("--frobnicate", &err);
    assert_string_equal(err.text, "there is no --frobnicate; --help lists what there is");
    refused(FLAGS(L("--listen")), NO_ENV, "--listen needs a value");
}

static void wrong_values_are_named_with_their_place(void **state)
{
    (void)state;
    refused(FLAGS(L("--listen=8080x")), NO_ENV, "--listen must be ADDRESS:PORT");
    refused(FLAGS(L("--listen=::1:80")), NO_ENV, "--listen must be ADDRESS:PORT");
    refused(FLAGS(L("--listen=127.0.0.1:70000")), NO_ENV, "--listen must be ADDRESS:PORT");
    refused(0, NULL, ENV(L("INTERVIEWD_LOG_LEVEL=loud")),
            "INTERVIEWD_LOG_LEVEL (environment) must be error, warn, info or debug, not \"loud\"");
    refused(0, NULL, ENV(L("INTERVIEWD_ACCOUNTS=maybe")), "must be on or off");
    refused(0, NULL, ENV(L("INTERVIEWD_ASR_PRELOAD=perhaps")), "must be on or off");
    refused(0, NULL, ENV(L("INTERVIEWD_GROQ_URL=ftp://x")), "must be an address such as");
    refused(0, NULL, ENV(L("INTERVIEWD_PROVIDERS=groq,grok")), "there is no provider \"grok\"");
    refused(0, NULL, ENV(L("INTERVIEWD_PROVIDERS=groq,groq")), "names groq twice");
    refused(0, NULL, ENV(L("INTERVIEWD_TLS_CERT=/x")), "go together");
    refused(0, NULL, ENV(L("INTERVIEWD_WEB_ROOT=/does/not/exist")),
            "INTERVIEWD_WEB_ROOT (environment): cannot read");
    refused(0, NULL, ENV(L("INTERVIEWD_WEB_ROOT=/etc/passwd")), "is not a folder");
    refused(0, NULL, ENV(L("INTERVIEWD_ORIGINS=https://a.example/path")), "is not an origin");
    refused(0, NULL, ENV(L("INTERVIEWD_VAD_EAGER_MS=600")), "looks finished before it is");
    refused(0, NULL, ENV(L("OLLAMA_HOST=http://:::/")), "OLLAMA_HOST (environment) must be HOST");
}

static void secrets_are_not_taken_from_the_command_line_nor_repeated(void **state)
{
    struct config *c = load(0, NULL, ENV(L("GROQ_API_KEY=gsk_1"), L("INTERVIEWD_MASTER_KEY=abc")));

    (void)state;
    assert_string_equal(c->master_key, "abc");
    assert_string_equal(c->providers[0].key, "gsk_1");
    config_free(c);
    refused(FLAGS(L("--groq-key=gsk_secret")), NO_ENV, "is not taken from the command line");
}

static void a_database_is_named_by_an_address_and_its_password_not_by_a_flag(void **state)
{
    static const char *const open[] = {"--store=postgres://ada@db/x?sslmode=require",
                                       "--store=postgres:///x?host=/run&user=a:b@c",
                                       "--store=postgresql://db"};
    static const char *const secret[] = {"--store=postgres://ada:pw@db/x",
                                         "--store=postgres://db/x?user=ada&password=pw"};
    struct config *c = load(0, NULL, ENV(L("INTERVIEWD_STORE=postgres://ada:pw@db/x")));

    (void)state;
    assert_string_equal(c->store, "postgres://ada:pw@db/x");
    config_free(c);
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        c = load(FLAGS(L(open[i])), NO_ENV);
        assert_string_equal(c->store, open[i] + strlen("--store="));
        config_free(c);
    }
    c = load(FLAGS(L("--store=sqlite")), NO_ENV);
    assert_null(c->store);
    config_free(c);
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
        refused(FLAGS(L(secret[i])), NO_ENV, "--store with a password is not taken");
    refused(0, NULL, ENV(L("INTERVIEWD_STORE=mysql://x")), "INTERVIEWD_STORE must be sqlite, or");
}

static void beyond_loopback_accounts_are_on_and_cannot_be_off(void **state)
{
    static const char *const here[] = {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1",
                                       "[::ffff:127.0.0.1]:1"};
    static const char *const beyond[] = {"0.0.0.0:1",     ":1",         "[::]:1", "192.168.1.5:1",
                                         "example.com:1", "128.0.0.1:1"};
    char flag[64];
    struct config *c;

    (void)state;
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        snprintf(flag, sizeof(flag), "--listen=%s", here[i]);
        c = load(FLAGS(flag), NO_ENV);
        assert_false(c->beyond_loopback);
        assert_false(c->accounts);
        config_free(c);
        c = load(FLAGS(flag, L("--accounts"), L("on")), NO_ENV);
        assert_true(c->accounts);
        config_free(c);
    }
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        snprintf(flag, sizeof(flag), "--listen=%s", beyond[i]);
        c = load(FLAGS(flag), NO_ENV);
        assert_true(c->beyond_loopback);
        assert_true(c->accounts);
        config_free(c);
        refused(FLAGS(flag, L("--accounts=off")), NO_ENV, "anyone could read everything");
    }
}

static void beyond_loopback_somebody_ends_tls(void **state)
{
    struct config *c = load(FLAGS(L("--listen=0.0.0.0:1")), NO_ENV);
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(config_may_serve(c, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "behind-proxy"));
    config_free(c);
    c = load(FLAGS(L("--listen=0.0.0.0:1"), L("--behind-proxy=10.0.0.2,172.16.0.0/12")), NO_ENV);
    assert_int_equal(config_may_serve(c, &err), 0);
    assert_int_equal(c->behind_proxy_count, 2);
    assert_string_equal(c->behind_proxy[1], "172.16.0.0/12");
    config_free(c);
    c = load(FLAGS(L("--behind-proxy=10.0.0.2")), NO_ENV); /* people come from elsewhere */
    assert_true(c->accounts);
    config_free(c);
    refused(FLAGS(L("--behind-proxy=10.0.0.2"), L("--accounts=off")), NO_ENV, "accounts");
    refused(FLAGS(L("--behind-proxy=10.0.0.2/8")), NO_ENV, "--behind-proxy: \"10.0.0.2/8\"");
    refused(FLAGS(L("--behind-proxy=proxy.example")), NO_ENV, "--behind-proxy: \"proxy.example\"");
    refused(FLAGS(L("--redirect-listen=127.0.0.1:1")), NO_ENV, "tls-cert");
}

static void ollama_is_found_however_it_is_spelled(void **state)
{
    static const char *const pairs[][2] = {
        {"127.0.0.1", "http://127.0.0.1:11434"},
        {"box.local:1234", "http://box.local:1234"},
        {":5678", "http://127.0.0.1:5678"},
        {"0.0.0.0", "http://127.0.0.1:11434"},
        {"0.0.0.0:9", "http://127.0.0.1:9"},
        {"[::1]", "http://[::1]:11434"},
        {"[::]:8", "http://127.0.0.1:8"},
        {"http://box", "http://box:80"},
        {"https://ollama.example.com", "https://ollama.example.com:443"},
        {"https://example.com/ollama/", "https://example.com:443/ollama"},
        {"http://10.0.0.2:11434/", "http://10.0.0.2:11434"},
    };
    static const char *const bad[] = {"a b", "host:port", "::1", "host:99999", "[::1"};
    char *url;

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(config_ollama_url(pairs[i][0], &url), 0);
        assert_string_equal(url, pairs[i][1]);
        free(url);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(config_ollama_url(bad[i], &url), UV_EINVAL);
}

static void the_chain_is_what_is_configured_or_what_was_asked_for(void **state)
{
    struct config *c = load(0, NULL, ENV(L("GROQ_API_KEY=g"), L("OLLAMA_HOST=box")));

    (void)state;
    assert_int_equal(c->provider_count, 2);
    assert_string_equal(c->providers[0].name, "groq");
    assert_string_equal(c->providers[0].driver, "openai");
    assert_string_equal(c->providers[0].url, "https://api.groq.com/openai/v1");
    assert_string_equal(c->providers[1].url, "http://box:11434");
    config_free(c);

    c = load(0, NULL, ENV(L("INTERVIEWD_PROVIDERS=ollama, groq,outline")));
    assert_int_equal(c->provider_count, 3);
    assert_string_equal(c->providers[0].name, "ollama");
    assert_string_equal(c->providers[0].url, "http://127.0.0.1:11434");
    assert_true(c->providers[1].missing_key);
    assert_string_equal(c->providers[2].driver, "outline");
    config_free(c);

    c = load(0, NULL, ENV(L("INTERVIEWD_OPENAI_URL=http://127.0.0.1:9000/v1/")));
    assert_int_equal(c->provider_count, 1); /* a server of one's own may want no key */
    assert_string_equal(c->providers[0].url, "http://127.0.0.1:9000/v1");
    assert_null(c->providers[0].key);
    config_free(c);
}

static void a_key_goes_to_its_own_server_only(void **state)
{
    struct config *c = load(0, NULL, ENV(L("GROQ_API_KEY=g"), L("OPENAI_API_KEY=o")));

    (void)state;
    assert_string_equal(c->asr_url, "https://api.groq.com/openai/v1");
    assert_string_equal(c->asr_key, "g");
    assert_string_equal(c->asr_name, "whisper-large-v3-turbo");
    config_free(c);
    c = load(0, NULL, ENV(L("GROQ_API_KEY=g"), L("INTERVIEWD_ASR_URL=http://box:8000")));
    assert_string_equal(c->asr_url, "http://box:8000");
    assert_null(c->asr_key);
    config_free(c);
    c = load(0, NULL, ENV(L("OPENAI_API_KEY=o")));
    assert_string_equal(c->asr_key, "o");
    assert_string_equal(c->asr_name, "whisper-1");
    config_free(c);
}

static void without_a_key_no_service_is_offered_audio(void **state)
{
    struct config *c = load(0, NULL, NO_ENV);

    (void)state;
    assert_null(c->asr_url);
    config_free(c);
    c = load(0, NULL, ENV(L("INTERVIEWD_OPENAI_URL=http://127.0.0.1:9000/v1")));
    assert_string_equal(c->asr_url, "http://127.0.0.1:9000/v1");
    config_free(c);
}

/* The files in the repository say what the table says. To print them anew after a change:
 * INTERVIEWD_WRITE_DOCS=1 backend/build/test/test-config-config */
static void same_as_file(const char *name, int (*write)(struct buf *out))
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[512];
    struct buf out;
    char *file;

    if (!root)
        skip();
    snprintf(path, sizeof(path), "%s/%s", root, name);
    buf_init(&out, 1 << 20);
    assert_int_equal(write(&out), 0);
    if (getenv("INTERVIEWD_WRITE_DOCS"))
        scratch_write(path, out.data);
    file = scratch_read(path, NULL);
    assert_non_null(file);
    if (strcmp(file, out.data) != 0)
        fail_msg("%s is not what the table of settings says; print it anew with "
                 "INTERVIEWD_WRITE_DOCS=1 meson test config/config",
                 name);
    free(file);
    buf_release(&out);
}

/* systemd's LoadCredential=, and the secrets of a container. */
static void a_secret_may_be_a_file(void **state)
{
    char dir[SCRATCH_MAX];
    char folder[SCRATCH_MAX + 32];
    struct config *c;

    (void)state;
    scratch_make(dir);
    snprintf(folder, sizeof(folder), "CREDENTIALS_DIRECTORY=%s", dir);
    scratch_write(scratch_path(dir, "interviewd.groq-key"), "of the store\n");
    scratch_write(scratch_path(dir, "INTERVIEWD_MASTER_KEY"), "\"of the container\"\n");
    scratch_write(scratch_path(dir, "interviewd.master-key"), "of the store\n");
    scratch_write(scratch_path(dir, "interviewd.listen"), "0.0.0.0:1\n");
    scratch_write(scratch_path(dir, "x.conf"), "INTERVIEWD_MASTER_KEY=of the file\n");

    c = load(FLAGS(L("--config"), LITERAL(scratch_path(dir, "x.conf"))), ENV(folder));
    assert_string_equal(c->master_key, "of the container");
    assert_string_equal(c->listen_host, "127.0.0.1");
    assert_int_equal(c->provider_count, 1);
    assert_string_equal(c->providers[0].key, "of the store");
    config_free(c);

    c = load(0, NULL, ENV(folder, L("INTERVIEWD_MASTER_KEY=of the environment")));
    assert_string_equal(c->master_key, "of the environment");
    config_free(c);

    scratch_remove(dir);
    c = load(0, NULL, ENV(folder));
    assert_null(c->master_key);
    config_free(c);
}

static void a_credential_that_is_no_text_is_refused(void **state)
{
    char dir[SCRATCH_MAX];
    char folder[SCRATCH_MAX + 32];
    char text[CONFIG_VALUE_MAX + 2];

    (void)state;
    scratch_make(dir);
    snprintf(folder, sizeof(folder), "CREDENTIALS_DIRECTORY=%s", dir);
    memset(text, 'k', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    scratch_write(scratch_path(dir, "interviewd.master-key"), text);
    refused(0, NULL, ENV(folder), "interviewd.master-key is no line of text");
    scratch_remove(dir);
}

static void the_example_lists_every_setting(void **state)
{
    (void)state;
    same_as_file(".env.example", config_write_env);
}

static void the_guide_lists_every_setting(void **state)
{
    (void)state;
    same_as_file("docs/guides/configuration.md", config_write_docs);
}

static void the_example_is_a_config_file_that_works(void **state)
{
    char dir[SCRATCH_MAX];
    struct config *c;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(config_write_env(&out), 0);
    for (char *p = out.data; (p = strstr(p, "\n#INTERVIEWD_"));) {
        char *end = strchr(p + 1, '\n');

        if (end[-1] != '=')
            memmove(p + 1, p + 2, strlen(p + 2) + 1); /* every line with a default, made active */
        p++;
    }
    scratch_make(dir);
    scratch_write(scratch_path(dir, "x.conf"), out.data);
    c = load(FLAGS(L("--config"), LITERAL(scratch_path(dir, "x.conf"))), ENV(L("A=b")));
    assert_int_equal(c->listen_port, 8080);
    config_free(c);
    buf_clear(&out);
    assert_int_equal(config_write_help(&out), 0);
    assert_non_null(strstr(out.data, "--listen"));
    assert_null(strstr(out.data, "--master-key"));
    buf_release(&out);
    scratch_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_nothing_set_it_serves_this_machine_only),
        cmocka_unit_test(a_later_place_wins),
        cmocka_unit_test(a_named_config_file_must_be_there_and_right),
        cmocka_unit_test(a_file_is_read_as_people_write_it),
        cmocka_unit_test(what_cannot_be_meant_is_named_with_its_line),
        cmocka_unit_test(a_choice_is_taken_in_each_way_people_write_it),
        cmocka_unit_test(the_environment_is_read_as_tools_set_it),
        cmocka_unit_test(files_and_a_commands_own_flags_are_left_to_it),
        cmocka_unit_test(a_slip_in_a_flag_is_answered_with_the_right_one),
        cmocka_unit_test(wrong_values_are_named_with_their_place),
        cmocka_unit_test(secrets_are_not_taken_from_the_command_line_nor_repeated),
        cmocka_unit_test(a_database_is_named_by_an_address_and_its_password_not_by_a_flag),
        cmocka_unit_test(beyond_loopback_accounts_are_on_and_cannot_be_off),
        cmocka_unit_test(beyond_loopback_somebody_ends_tls),
        cmocka_unit_test(ollama_is_found_however_it_is_spelled),
        cmocka_unit_test(the_chain_is_what_is_configured_or_what_was_asked_for),
        cmocka_unit_test(a_key_goes_to_its_own_server_only),
        cmocka_unit_test(without_a_key_no_service_is_offered_audio),
        cmocka_unit_test(a_secret_may_be_a_file),
        cmocka_unit_test(a_credential_that_is_no_text_is_refused),
        cmocka_unit_test(the_example_lists_every_setting),
        cmocka_unit_test(the_guide_lists_every_setting),
        cmocka_unit_test(the_example_is_a_config_file_that_works),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
