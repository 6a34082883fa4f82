/**
 * @file whisper-probe/main.c  whisper-probe: is the engine right, and how fast is it?
 *
 *     whisper-probe MODEL WAV --golden FILE --run jfk      compare with recorded numbers
 *     whisper-probe MODEL WAV --time --seconds 5 --tokens 20 --threads 2 [--ctx C] [--kept]
 *     whisper-probe MODEL WAV [--ctx C] [--beams N]        transcribe
 *     whisper-probe MODEL LIST --each                      hear recordings as if spoken now
 *
 * Exit status 0 when all comparisons hold, 1 when one does not, 2 for what cannot be run.
 */
#include "base/text.h"
#include "whisper-probe/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: whisper-probe MODEL WAV --golden FILE --run NAME [--threads T] [--isa NAME]\n"
    "       whisper-probe MODEL WAV --time --seconds S --tokens N --threads T [--ctx C] "
    "[--kept] [--rounds R]\n"
    "       whisper-probe MODEL WAV [--ctx C] [--beams N] [--language L] [--prompt TEXT]\n"
    "       whisper-probe MODEL WAV --trim          what trimming the context changes\n"
    "       whisper-probe MODEL WAV --stream        as it would be heard live\n"
    "       whisper-probe MODEL LIST --each [--finals] [--alone] [--nets FOLDER [--late MS]]\n"
    "                           [--names A,B] [--eager MS] [--hangover MS]\n"
    "                                               the same for each recording of a list, as "
    "JSON\n"
    "       whisper-probe MODEL OUT --quantize q8_0|q5_1\n"
    "   --no-silence: nothing is kept behind short contexts, --kept: it is, when timed too;\n"
    "   --whole: whole windows are encoded; --alone: nothing said before is heard again\n";

static bool take_number(const char *text, int64_t min, int64_t max, int *to)
{
    int64_t n;

    if (!text || !text_to_int64(text, min, max, &n))
        return false;
    *to = (int)n;
    return true;
}

/* One option and its value. Returns how many arguments it took, 0 when it is not understood. */
static int take_option(struct probe_options *o, char **arg)
{
    const char *value = arg[1];

    if (!strcmp(arg[0], "--time"))
        return o->mode = PROBE_TIME, 1;
    if (!strcmp(arg[0], "--trim"))
        return o->mode = PROBE_TRIM, 1;
    if (!strcmp(arg[0], "--stream"))
        return o->mode = PROBE_STREAM, 1;
    if (!strcmp(arg[0], "--each"))
        return o->mode = PROBE_EACH, 1;
    if (!strcmp(arg[0], "--no-silence"))
        return o->no_silence = true, 1;
    if (!strcmp(arg[0], "--alone"))
        return o->alone = true, 1;
    if (!strcmp(arg[0], "--kept"))
        return o->kept = true, 1;
    if (!strcmp(arg[0], "--whole"))
        return o->whole = true, 1;
    if (!strcmp(arg[0], "--finals"))
        return o->finals_only = true, 1;
    if (!value)
        return 0;
    if (!strcmp(arg[0], "--golden"))
        return o->mode = PROBE_GOLDEN, o->golden = value, 2;
    if (!strcmp(arg[0], "--run"))
        return o->run = value, 2;
    if (!strcmp(arg[0], "--isa"))
        return o->isa = value, 2;
    if (!strcmp(arg[0], "--language"))
        return o->language = value, 2;
    if (!strcmp(arg[0], "--prompt"))
        return o->prompt = value, 2;
    if (!strcmp(arg[0], "--seconds"))
        return (o->seconds = atof(value)) > 0.0 && o->seconds <= 30.0 ? 2 : 0;
    if (!strcmp(arg[0], "--tokens"))
        return take_number(value, 1, 200, &o->tokens) ? 2 : 0;
    if (!strcmp(arg[0], "--quantize"))
        return o->quantize = value, 2;
    if (!strcmp(arg[0], "--eager"))
        return take_number(value, 10, 5000, &o->eager_ms) ? 2 : 0;
    if (!strcmp(arg[0], "--hangover"))
        return take_number(value, 10, 5000, &o->hangover_ms) ? 2 : 0;
    if (!strcmp(arg[0], "--names"))
        return o->names = value, 2;
    if (!strcmp(arg[0], "--nets"))
        return o->nets = value, 2;
    if (!strcmp(arg[0], "--late"))
        return take_number(value, 0, 2000, &o->late_ms) ? 2 : 0;
    if (!strcmp(arg[0], "--threads"))
        return take_number(value, 1, NN_THREADS_MAX, &o->threads) ? 2 : 0;
    if (!strcmp(arg[0], "--rounds"))
        return take_number(value, 1, PROBE_ROUNDS, &o->rounds) ? 2 : 0;
    if (!strcmp(arg[0], "--ctx"))
        return take_number(value, 1, WHISPER_AUDIO_CTX, &o->ctx) ? 2 : 0;
    if (!strcmp(arg[0], "--beams"))
        return take_number(value, 1, WHISPER_BEAMS_MAX, &o->beams) ? 2 : 0;
    return 0;
}

static bool parse(struct probe_options *o, int argc, char **argv)
{
    *o = (struct probe_options){.run = "jfk", .seconds = 5.0, .tokens = 20, .beams = 1};
    for (int i = 1; i < argc;) {
        if (argv[i][0] == '-' && argv[i][1] == '-') {
            int n = take_option(o, argv + i);

            if (!n) {
                fprintf(stderr, "whisper-probe: %s: not understood\n", argv[i]);
                return false;
            }
            i += n;
        } else if (!o->model) {
            o->model = argv[i++];
        } else if (!o->wav) {
            o->wav = argv[i++];
        } else {
            return false;
        }
    }
    return o->model && o->wav;
}

int main(int argc, char **argv)
{
    struct probe_options o;
    struct errbuf err = {""};
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse(&o, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    status = o.quantize ? probe_quantize(&o, &err) : probe_run(&o, &err);
    if (status == 2)
        fprintf(stderr, "whisper-probe: %s\n", err.text[0] ? err.text : "failed");
    return status;
}
