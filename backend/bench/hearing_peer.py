"""hearing_peer.py ENGINE MODEL < list: recordings heard by another program, one JSON object a line.

Runs with a Python that has it: `pip install pywhispercpp faster-whisper`. ENGINE: whisper.cpp (beam 5, whole file), faster-whisper
(int8, beam 5) or faster-whisper-batched. MODEL: a ggml file, or for faster-whisper a folder in CTranslate2's layout or a name, which it fetches.
Input: language, a tab, a path. The first line of the output is {"loadMs"}; every other one has text and cpuMs.
"""

import json
import os
import sys
import time
import wave

import numpy


def samples(path):
    with wave.open(path) as w:
        return numpy.frombuffer(w.readframes(w.getnframes()), numpy.int16).astype(numpy.float32) / 32768


def whisper_cpp(path):
    from pywhispercpp.model import Model
    model = Model(path, n_threads=2, params_sampling_strategy=1, print_progress=False, print_realtime=False, print_timestamps=False,
                  redirect_whispercpp_logs_to=None)
    return lambda audio, language: " ".join(s.text for s in model.transcribe(
        audio, language=language, beam_search={"beam_size": 5, "patience": -1.0}))


def faster_whisper(path, batched):
    import faster_whisper as fw
    model = fw.WhisperModel(path, device="cpu", compute_type="int8", cpu_threads=2, local_files_only=os.path.isdir(path))
    hear = fw.BatchedInferencePipeline(model=model).transcribe if batched else model.transcribe
    return lambda audio, language: " ".join(s.text for s in hear(audio, language=language, beam_size=5)[0])


def main():
    engine, path = sys.argv[1:3]
    start = time.process_time()
    hear = whisper_cpp(path) if engine == "whisper.cpp" else faster_whisper(path, engine.endswith("batched"))
    print(json.dumps({"loadMs": 1000 * (time.process_time() - start)}), flush=True)
    for line in sys.stdin:
        language, recording = line.rstrip("\n").split("\t")
        audio = samples(recording)
        start, wall = time.process_time(), time.monotonic()
        text = hear(audio, language)
        print(json.dumps({"text": text, "cpuMs": 1000 * (time.process_time() - start), "wallMs": 1000 * (time.monotonic() - wall)}), flush=True)


main()
