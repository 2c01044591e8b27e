"""Makes caption_scores.json: what pycocoevalcap's BLEU, ROUGE-L and CIDEr are of captions that are awkward to score, and of COCO's.

    pip install pycocoevalcap; needs java
    python tests/golden/make_caption_scores.py COCO/captions_val2017.json

`corpora`: captions and references as they are written, before tokenisation, and their scores. They are written here, or
drawn from the pieces below. `coco`: of the first 2,000 images of COCO's validation captions the first caption against the
others; only the scores are stored.
"""

import json
import os
import random
import sys

from caption_oracle import coco_captions, tokenized
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

LONG = " ".join(f"word{i % 37} and" for i in range(100))

WRITTEN = {
    "short": (
        ["", " ", ".", "a", "A.", "dog", "dog dog dog dog dog", "?! ... -- ;", "a dog", "the the the the the the"],
        [
            ["a dog runs", "A cat."],
            ["a dog"],
            ["", "a cat on a mat"],
            ["a", "a", "b"],
            ["a man", ""],
            ["dog", "a dog in the park"],
            ["dog dog", "dog dog dog a dog"],
            ["?!", ".", "one two"],
            [".", "a dog"],
            ["the cat the mat", "the"],
        ],
    ),
    "unicode": (
        ["Ünïcödé café naïve", "日本 犬 a dog", "ΟΔΟΣ İstanbul", "☺ a 😀 smile", "e\u0301te\u0301 a", "non\u00adbreak no\u00a0break ideo\u3000graphic"],
        [
            ["ünïcödé cafe\u0301 naïve", "a café"],
            ["日本 犬", "犬 日本 a"],
            ["οδος istanbul", "οδοσ i\u0307stanbul"],
            ["a smile ☺", "😀 😀"],
            ["été a", "e\u0301te\u0301 a e\u0301te\u0301"],
            ["nonbreak no break ideo graphic", "no\u00a0break a"],
        ],
    ),
    "numbers": (
        [
            "1,000 people eat 3 1/2 pies at 12:30 on 12/25/2014",
            "call (555) 123-4567 or 555-1234",
            "50% off $5.00, 10-1/2 cups and ½ cup",
            "one 1 two 2 <b class=\"x\">3</b>",
            "3 1/2",
        ],
        [
            ["1,000 people eat 3 1/2 pies at 12:30 on 12/25/2014", "1 , 000 people eat 3 1/2 pies"],
            ["call ( 555 ) 123-4567", "call 555-1234 or (555) 123-4567 or 555-1234"],
            ["50 % off $ 5.00", "10-1/2 cups and 1/2 cup", "½ cup"],
            ["1 2 3", "one 1 <b class=\"x\"> 3 </b>"],
            ["3 1/2", "3\u00a01/2 3 1/2", "1/2 3"],
        ],
    ),
    "long": (
        [LONG, "short", LONG[: len(LONG) // 2], "a line\nend and\nanother"],
        [[LONG, "word1 and word2"], [LONG], [LONG, LONG[len(LONG) // 2 :], "a"], ["a line end and another", "a\nline"]],
    ),
    "a single image": (["a man rides a horse"], [["a man rides a horse", "a person on a horse"]]),
    "the same everywhere": (["a dog on a mat"] * 4, [["a dog on a mat", "a dog"]] * 4),
    "brevity": (
        ["a b c d", "a b c d e f", "a b c", "x"],
        [["a b", "a b c d e f"], ["a b c d e f g h i j"], ["a b c d", "a b"], ["x y z w", "y y y y y y y y"]],
    ),
}

PIECES = (
    "a a a the the dog cat man woman is on in of with street red two dogs don't U.S. Mr. etc. half-eaten AT&T 'n' y'all 1 23 4,567 1/2 "
    "3 12/25/2014 5th 50% $5 ( ) [ ] & ... . ! ?! -- - _ / \" ' “ ” café 日本 ½ € – ☺ 😀 foo.com me@x.com photo.jpg :) C++ The A \n n't 's"
).split(" ")


def drawn(images):
    draw = random.Random(7)

    def caption(most):
        return "".join(draw.choice(PIECES) + draw.choice([" ", " ", " ", " ", "", ", ", ". "]) for _ in range(draw.randint(0, most)))

    return [caption(14) for _ in range(images)], [[caption(18) for _ in range(draw.randint(1, 7))] for _ in range(images)]


def scores(captions, references):
    found, truth = tokenized(captions, references)
    gts = dict(enumerate(truth))
    res = {i: [text] for i, text in enumerate(found)}
    bleu, bleu_images = Bleu(4).compute_score(gts, res, verbose=0)
    rouge, rouge_images = Rouge().compute_score(gts, res)
    cider, cider_images = Cider().compute_score(gts, res)
    corpus = [*bleu, float(rouge), float(cider)]
    images = [[*(b[i] for b in bleu_images), float(rouge_images[i]), float(cider_images[i])] for i in range(len(captions))]
    return {"corpus": corpus, "images": images}


def of_coco(path):
    result = scores(*coco_captions(path))
    result["images"] = [[float(f"{value:.9f}") for value in image] for image in result["images"]]
    return result


def lines(rows):
    return "[\n" + ",\n".join("   " + json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows) + "]"


def main():
    parts = []
    for name, (captions, references) in {**WRITTEN, "drawn": drawn(120)}.items():
        found = scores(captions, references)
        rows = [{"caption": c, "references": r, "scores": s} for c, r, s in zip(captions, references, found["images"])]
        parts.append(f' {{"name": "{name}", "corpus": {json.dumps(found["corpus"])}, "images": {lines(rows)}}}')
    coco = of_coco(sys.argv[1])
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "caption_scores.json")
    with open(path, "w") as out:
        out.write('{"order": ["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr"],\n"corpora": [\n' + ",\n".join(parts))
        out.write(f'],\n"coco": {{"corpus": {json.dumps(coco["corpus"])}, "images": {lines(coco["images"])}}}}}\n')


main()
