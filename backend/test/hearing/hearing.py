"""How accurate hearing is, on people's voices with OpenAI's weights: the same on every run, so with limits.

Limits are what was measured and half a point, since other kernels round differently. Each case says what it needs; without
recordings or weights it is skipped and says so. docs/HEARING.md has the tables beside other programs.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import recordings  # noqa: E402
import word_errors  # noqa: E402

SETS = recordings.sets()


class Hearing(unittest.TestCase):
    def setUp(self):
        if not SETS:
            self.skipTest(f"no recordings of people in {recordings.SPEECH}")

    def model(self, name):
        path, why = recordings.weights(name)
        if not path:
            self.skipTest(why)
        return path

    def wrong(self, rows, heard, limit):
        rate = word_errors.rate(recordings.texts(rows, heard))
        self.assertLessEqual(rate, limit, f"{rate:.2f} % of the words are wrong")
        for h in heard:
            self.assertFalse(recordings.loops(h["text"]), h["text"])
        return rate

    def test_recordings(self):
        clear, tiny = SETS["clear"], self.model("tiny.en")
        self.wrong(clear, recordings.files(tiny, clear), 4.9)
        self.wrong(SETS["long"], recordings.files(tiny, SETS["long"]), 1.8)

    def test_words_of_a_recording_have_times(self):
        heard = recordings.files(self.model("tiny.en"), SETS["long"])
        for h in heard:
            words = [w for s in h["segments"] for w in s["words"]]
            self.assertEqual([w["startMs"] for w in words], sorted(w["startMs"] for w in words))
            self.assertTrue(all(w["startMs"] < w["endMs"] <= h["durationMs"] for w in words))
            self.assertEqual(" ".join(w["text"] for w in words), h["text"])

    def test_live_speech_is_heard_like_a_recording(self):
        clear = SETS["clear"]
        self.wrong(clear, recordings.live(self.model("tiny.en"), clear, "--finals"), 6.9)

    def test_kept_silence_is_as_good_as_the_whole_window(self):
        some, tiny = SETS["clear"][::4], self.model("tiny.en")
        kept = recordings.live(tiny, some, "--finals")
        whole = recordings.live(tiny, some, "--finals", "--whole")
        self.assertLessEqual(word_errors.rate(recordings.texts(some, kept)), word_errors.rate(recordings.texts(some, whole)) + 0.6)
        self.assertLess(sum(h["cpuMs"] for h in kept), sum(h["cpuMs"] for h in whole) / 2)

    def test_partials_change_no_word_of_a_final_and_keep_what_is_stable(self):
        some, tiny = SETS["clear"][1::5], self.model("tiny.en")
        heard = recordings.live(tiny, some)
        self.assertEqual([h["text"] for h in heard], [h["text"] for h in recordings.live(tiny, some, "--finals")])
        broken, utterances = recordings.contradicted(heard)
        self.assertLessEqual(broken, 1 + 0.03 * utterances)

    def test_nothing_is_heard_where_nobody_speaks(self):
        noise = SETS["nonspeech"]
        for name, may in (("base", 0), ("tiny.en", 1)):  # a sneeze is "Here." to tiny.en, whatever surrounds it
            model = self.model(name)
            for heard in (recordings.files(model, noise), recordings.live(model, noise, "--finals")):
                found = [h["text"] for h in heard if h["text"]]
                self.assertLessEqual(len(found), may, found)

    def test_german_and_spanish(self):
        base = self.model("base")
        for name, code, limit in (("german", "de", 18), ("spanish", "es", 18)):
            rows = SETS[name]
            heard = recordings.live(base, rows, "--finals", "--language", "auto")
            self.assertEqual({u["language"] for h in heard for u in h["utterances"] if u["text"]}, {code})
            self.wrong(rows, heard, limit)


if __name__ == "__main__":
    import harness
    harness.main()
