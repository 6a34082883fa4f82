"""Word error rate by a few plain rules, the same for every engine.

    wrong, words, added = errors(truth, heard)

Case, punctuation and what stands in brackets do not count; numbers written out and in digits are the
same, so are short forms and their long ones; hesitations ("um") are not counted on either side.
"""

import re

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
        " nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {word: n for n, word in enumerate(ONES)} | {word: 20 + 10 * n for n, word in enumerate(TENS)}
SPELLINGS = {
    "cannot": "can not", "can't": "can not", "won't": "will not", "let's": "let us", "mr": "mister", "mrs": "missus", "dr": "doctor",
    "okay": "ok", "gonna": "going to", "wanna": "want to", "i'm": "i am"} | {
    who + "'re": who + " are" for who in ("you", "we", "they")} | {
    who + "'ve": who + " have" for who in ("i", "we")} | {
    who + "'ll": who + " will" for who in ("i", "we")} | {
    who + "'s": who + " is" for who in ("it", "that", "what", "there")} | {
    verb + "n't": verb + " not" for verb in ("do", "did", "does", "is", "was")}
HESITATIONS = {"um", "uh", "uhm", "hmm", "mm", "mhm", "erm", "ah", "eh", "er"}


def words(text):
    text = re.sub(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)", " ", text.lower().replace("\u2019", "'"))
    found = []
    for written in re.findall(r"[^\W_']+(?:'[^\W_']+)*'?", re.sub(r"(?<=\d),(?=\d)", "", text)):
        for word in SPELLINGS.get(written.strip("'"), written.strip("'")).split():
            word = word.replace("'", "")
            number = NUMBERS.get(word)
            if word in HESITATIONS:
                continue
            if number is not None and 0 < number < 10 and found and re.fullmatch("[2-9]0", found[-1]):
                found[-1] = str(int(found[-1]) + number)
            else:
                found.append(word if number is None else str(number))
    return found


def errors(truth, heard):
    """Substitutions, deletions and insertions together; words of the truth; insertions."""
    want, got = words(truth), words(heard)
    before = [(n, n) for n in range(len(got) + 1)]
    for i, word in enumerate(want, 1):
        row = [(i, 0)]
        for j, other in enumerate(got, 1):
            row.append(min((before[j - 1][0] + (word != other), before[j - 1][1]), (before[j][0] + 1, before[j][1]),
                           (row[-1][0] + 1, row[-1][1] + 1)))
        before = row
    return before[-1][0], len(want), before[-1][1]


def wrong(pairs):
    """[(truth, heard), ...] -> words that are wrong."""
    return sum(errors(truth, heard)[0] for truth, heard in pairs)


def rate(pairs):
    """The same in percent."""
    return 100 * wrong(pairs) / max(1, sum(len(words(truth)) for truth, _ in pairs))
