#!/usr/bin/env python3
"""dlcore_eval beside pycocoevalcap on the same files, in turn, each as a process of its own: seconds, and their ratio.

    tools/bench/caption_scores.py --eval build/cpu/bin/dlcore_eval --results captions.json --references annotations.json

The peer reads both files with pycocotools, tokenises with PTBTokenizer (Java) and computes BLEU, ROUGE-L and CIDEr; with
--meteor both also METEOR, the peer (Java again) with its synonyms and paraphrases, which dlcore_eval does not have.
Results have file names or ids; the peer is given ids.
Needs: pip install pycocoevalcap, and a Java runtime.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

NAMES = ("Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr")


def peer(results, references, meteor):
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
    from pycocotools.coco import COCO

    coco = COCO(references)
    found = coco.loadRes(results)
    ids = found.getImgIds()
    tokenizer = PTBTokenizer()
    truth = tokenizer.tokenize({i: coco.imgToAnns[i] for i in ids})
    captions = tokenizer.tokenize({i: found.imgToAnns[i] for i in ids})
    scores = list(Bleu(4).compute_score(truth, captions, verbose=0)[0])
    if meteor:
        from pycocoevalcap.meteor.meteor import Meteor
        Meteor().compute_score(truth, captions)
    scores += [scorer.compute_score(truth, captions)[0] for scorer in (Rouge(), Cider())]
    return dict(zip(NAMES, map(float, scores)))


def with_ids(results, references, path):
    ids = {image["file_name"]: image["id"] for image in json.load(open(references))["images"]}
    entries = [{"image_id": r["image_id"] if "image_id" in r else ids[r["file_name"]], "caption": r["caption"]}
               for r in json.load(open(results))]
    json.dump(entries, open(path, "w"))


def timed(command):
    begin = time.perf_counter()
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return time.perf_counter() - begin, out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", required=True, help="dlcore_eval")
    parser.add_argument("--results", required=True)
    parser.add_argument("--references", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--meteor", action="store_true")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.peer:
        scores = peer(a.results, a.references, a.meteor)
        print("scores " + json.dumps(scores))
        return
    with tempfile.TemporaryDirectory() as folder:
        results = os.path.join(folder, "results.json")
        with_ids(a.results, a.references, results)
        files = ["--results", results, "--references", a.references, *(["--meteor"] if a.meteor else [])]
        own, other = [], []
        for _ in range(a.rounds):
            seconds, text = timed([a.eval, *files, "--json"])
            mine = json.loads(text)
            own.append(seconds)
            seconds, text = timed([sys.executable, __file__, "--eval", a.eval, *files, "--peer"])
            other.append(seconds)
            theirs = json.loads(next(line[7:] for line in text.splitlines() if line.startswith("scores ")))
            print(f"dlcore {1e3 * own[-1]:.1f} ms, pycocoevalcap {1e3 * other[-1]:.0f} ms, "
                  f"largest difference {max(abs(mine[n] - theirs[n]) for n in NAMES):.1e}", flush=True)
        ratio = statistics.median(other) / statistics.median(own)
        print(f"medians of {a.rounds}: {1e3 * statistics.median(own):.1f} ms, {1e3 * statistics.median(other):.0f} ms, "
              f"ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
