"""The tokeniser of COCO's evaluation itself: pip install pycocoevalcap; it needs java."""

import os

os.environ["JAVA_TOOL_OPTIONS"] = "-Dfile.encoding=UTF-8"

from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer  # noqa: E402


def tokenize(captions):
    """The captions' words, joined by spaces. All captions in one run, one after the other."""
    words = PTBTokenizer().tokenize({i: [{"caption": c}] for i, c in enumerate(captions)})
    return [words[i][0] for i in range(len(captions))]
