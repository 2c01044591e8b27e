"""Makes caption_meteor.json: METEOR 1.5 with the matchers exact and stem, by pycocoevalcap's own meteor-1.5.jar.

    pip install pycocoevalcap; needs java
    python tests/golden/make_caption_meteor.py COCO/captions_val2017.json

Each number twice: `plain` where all words count the same, `listed` with the parameters of `-l en` and the words of
`function_words` for its list of function words. `corpora`: those of caption_scores.json, by name. `alignment`: captions
whose words come again and again, in several forms, so that there are many ways to align them. `coco`: of the first 2,000
images of COCO's validation captions the first caption against the others. The captions are tokenised first.
"""

import json
import os
import random
import subprocess
import sys
import tempfile

import pycocoevalcap.meteor
from caption_oracle import coco_captions, tokenized

HERE = os.path.dirname(os.path.abspath(__file__))
FUNCTION_WORDS = ["a", "the", "of", "on", "in", "is", "with", "and", "'s", "dog"]
FORMS = "ride rides riding rode dog dogs dog's play plays playing played a a a the the on in and man men run runs running".split()


class Jar:
    """The program, with some more options; it takes a line for each image, and one with what it answered for all."""

    def __init__(self, *options):
        command = ["java", "-Xmx2G", "-jar", "meteor-1.5.jar", "-", "-", "-stdio", "-l", "en", "-m", "exact stem", *options]
        folder = list(pycocoevalcap.meteor.__path__)[0]
        self.program = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, *parts):
        self.program.stdin.write(" ||| ".join(parts) + "\n")
        self.program.stdin.flush()
        return self.program.stdout.readline().strip()

    def scores(self, captions, references):
        counts = [self.ask("SCORE", *own, caption) for caption, own in zip(captions, references)]
        images = [float(self.ask("EVAL", *counts))] + [float(self.program.stdout.readline()) for _ in captions[1:]]
        return {"corpus": float(self.program.stdout.readline()), "images": images}


def drawn(images):
    draw = random.Random(11)

    def caption(least, most):
        return " ".join(draw.choice(FORMS) for _ in range(draw.randint(least, most)))

    return [caption(0, 25) for _ in range(images)], [[caption(1, 40) for _ in range(draw.randint(1, 3))] for _ in range(images)]


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".words") as listed:
        listed.write("".join(word + "\n" for word in FUNCTION_WORDS))
        listed.flush()
        jars = {"plain": Jar("-p", "0.85 0.2 0.6 0.5", "-w", "1 0.6"), "listed": Jar("-s", listed.name)}

        def scores(captions, references):
            pair = tokenized(captions, references)
            return {name: jar.scores(*pair) for name, jar in jars.items()}

        with open(os.path.join(HERE, "caption_scores.json")) as file:
            corpora = json.load(file)["corpora"]
        result = {"function_words": FUNCTION_WORDS, "corpora": {}}
        for corpus in corpora:
            images = corpus["images"]
            result["corpora"][corpus["name"]] = scores([i["caption"] for i in images], [i["references"] for i in images])
        captions, references = drawn(150)
        result["alignment"] = {"captions": captions, "references": references, **scores(captions, references)}
        result["coco"] = scores(*coco_captions(sys.argv[1]))
        for each in result["coco"].values():
            each["images"] = [float(f"{value:.9f}") for value in each["images"]]
    with open(os.path.join(HERE, "caption_meteor.json"), "w") as out:
        parts = (f'"{key}": {json.dumps(value, ensure_ascii=False, separators=(",", ":"))}' for key, value in result.items())
        out.write("{" + ",\n".join(parts) + "}\n")


main()
