"""How well a voice is known after a phrase, on every speaker of the recordings who speaks more than once: with limits.

Every pair of two people of one sex is an interview; the candidate's voice is learned from one clip, the longest of theirs up
to 8 s, and then both speak all their clips twice. Long recordings are cut into pieces of 5 s. Prints what it finds.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
import recordings  # noqa: E402

SPEECH = recordings.SPEECH
# speaker -> sex and files; what is longer than 9 s is cut
SPEAKERS = {
    "lj": ("f", "human/LJ*.wav"), "p225": ("f", "human/vctk_p225_*.wav"), "allison": ("f", "human/phone_*.wav"),
    "ffmm": ("f", "human/an4_*ffmm*.wav"), "fash": ("f", "human/an4_*fash*.wav"), "axb": ("f", "human/arctic_axb_*.wav"),
    "osr10": ("f", "human/osr_us_000_0010*.wav"), "kerstin": ("f", "languages/de_kerstin*.wav"),
    "p226": ("m", "human/vctk_p226_*.wav"), "p227": ("m", "human/vctk_p227_*.wav"), "p287": ("m", "human/vctk_p287_00?.wav"),
    "bush": ("m", "long/bush*.wav"), "jfk": ("m", "jfk.wav"), "mfa": ("m", "human/mfa_cold*.wav"),
}
PIECES_MAX = 8


def pieces(path, folder):
    with wave.open(str(path)) as wav:
        seconds = wav.getnframes() / wav.getframerate()
        if seconds <= 9:
            return [(seconds, path)]
        made = []
        for i in range(min(PIECES_MAX, int(seconds // 5))):
            to = pathlib.Path(folder) / f"{path.stem}-{i}.wav"
            with wave.open(str(to), "wb") as out:
                out.setparams(wav.getparams())
                out.writeframes(wav.readframes(5 * wav.getframerate()))
            made.append((5.0, to))
        return made


class Voices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.weights, cls.why = recordings.weights("voices")
        cls.folder = tempfile.TemporaryDirectory()
        cls.lines, cls.count = [], collections.Counter()
        for name, (sex, pattern) in SPEAKERS.items():
            clips = [c for path in sorted(SPEECH.glob(pattern)) for c in pieces(path, cls.folder.name)]
            clips.sort(key=lambda c: -min(c[0], 8))
            cls.count[sex] += len(clips) > 1
            cls.lines += [f"{name} {sex} {path}\n" for _, path in clips if len(clips) > 1]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def judge(self, *noise):
        if not self.lines:
            self.skipTest(f"no recordings of people in {SPEECH}")
        if not self.weights:
            self.skipTest(self.why)
        run = subprocess.run([recordings.BUILD / "bench" / "bench-voices", self.weights, *noise], input="".join(self.lines),
                             capture_output=True, text=True, check=True)
        print(f"# {sum(self.count.values())} speakers ({self.count['f']} women, {self.count['m']} men), {len(self.lines)} clips, "
              f"noise {noise or 'none'}:", *run.stdout.splitlines(), sep="\n#   ", flush=True)
        found = {}
        for line in run.stdout.splitlines()[1:]:
            who = line.split()[0]
            share = {k: float(v) for k, v in re.findall(r"(unknown|candidate|interviewer|second) ([\d.]+) %", line.split(":", 1)[1])}
            found[who] = share
        return found

    def test_voices_are_told_apart_after_a_phrase(self):
        found = self.judge()
        self.assertLessEqual(found["candidate"]["interviewer"] + found["candidate"]["second"], 3, found)
        self.assertLessEqual(found["interviewer"]["candidate"], 2, found)

    def test_likewise_in_noise_of_15_db(self):
        found = self.judge("15")
        self.assertLessEqual(found["candidate"]["interviewer"] + found["candidate"]["second"], 3, found)
        self.assertLessEqual(found["interviewer"]["candidate"], 2, found)


if __name__ == "__main__":
    import harness
    harness.main()
