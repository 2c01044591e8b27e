"""The tokeniser of COCO's evaluation itself, and COCO's captions: pip install pycocoevalcap; it needs java."""

import json
import os

os.environ["JAVA_TOOL_OPTIONS"] = "-Dfile.encoding=UTF-8"

from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer  # noqa: E402


def tokenize(captions):
    """The captions' words, joined by spaces. All captions in one run, one after the other."""
    words = PTBTokenizer().tokenize({i: [{"caption": c}] for i, c in enumerate(captions)})
    return [words[i][0] for i in range(len(captions))]


def tokenized(captions, references):
    """The same of captions and of lists of references, all of them in one run each."""
    words = iter(tokenize([text for own in references for text in own]))
    return tokenize(captions), [[next(words) for _ in own] for own in references]


def coco_captions(path):
    """Of the first 2,000 images the first caption, and the lists of the others."""
    with open(path) as file:
        data = json.load(file)
    texts = {}
    for annotation in data["annotations"]:
        texts.setdefault(annotation["image_id"], []).append(annotation["caption"])
    own = [texts[image["id"]] for image in data["images"][:2000]]
    return [each[0] for each in own], [each[1:] for each in own]
