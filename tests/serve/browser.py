"""The page of dlcore_serve in a real headless Chromium.

    browser.py URL FOLDER

FOLDER has expected.json: {"picture": a file there, "beam": [captions of --beam 5 --n-best 4 --no-unk], "neighbors":
[those with --neighbors 7 besides], "greedy": caption of --no-unk, "sampled": [captions of --sample --top-p 0.9 --n-best 4
--no-unk], "large": bytes}. Ends with 0 where all is right, with 77 where Playwright or Chromium is missing.
DLCORE_SCREENSHOTS names a folder for pictures of the page.
"""

import base64
import json
import os
import shutil
import subprocess
import sys

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    print("this Python has no playwright")
    sys.exit(77)

url, folder = sys.argv[1], sys.argv[2]
with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
    expected = json.load(file)
picture = os.path.join(folder, expected["picture"])
with open(picture, "rb") as file:
    picture_bytes = file.read()

failures = []


def check(what, right):
    print(("ok    " if right else "WRONG ") + what)
    if not right:
        failures.append(what)


def equal(what, found, wanted):
    check(what if found == wanted else f"{what}: {found!r}, not {wanted!r}", found == wanted)


# A file as a person drops or pastes it; the events are the browser's own kind, made by hand as it has no hand.
GIVE = """([kind, name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  if (name) data.items.add(new File([bytes], name, { type }));
  const target = document.getElementById("drop");
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
}"""


class Page:
    def __init__(self, page):
        self.page = page

    def give(self, kind, name, content, media_type="image/jpeg"):
        self.page.evaluate(GIVE, [kind, name, media_type, base64.b64encode(content).decode()])

    def settled(self):
        """Waits for the answer to the last change of picture or options."""
        self.page.wait_for_timeout(350)  # the page itself waits for more changes
        self.page.wait_for_selector("#captions:not([aria-busy])", state="attached")

    def captions(self):
        self.settled()
        return self.page.locator(".caption .text").all_inner_texts()

    def error(self):
        self.settled()
        box = self.page.locator("#error")
        return box.inner_text() if box.is_visible() else ""


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None  # Playwright's own


def drops_pastes_and_choices(page):
    page.give("drop", expected["picture"], picture_bytes)
    equal("a dropped photo has the command line's captions", page.captions(), expected["beam"])
    check("the photo is shown", page.page.locator("#preview").is_visible())
    words = page.page.locator(".caption.best .word")
    percents = page.page.locator(".caption.best .percent").all_inner_texts()
    spoken = [word for word in page.page.locator(".caption.best .word > span:first-child").all_inner_texts()
              if word != "end"]
    equal("each word of the best caption is there", " ".join(spoken), expected["beam"][0])
    check("each word has its probability", len(percents) == words.count() and all(p.endswith("%") for p in percents))
    equal("the best caption is read out", page.page.locator("#status").inner_text(), expected["beam"][0])

    page.give("drop", "broken.jpg", picture_bytes[: len(picture_bytes) // 2])
    check("a broken file is refused: " + page.error(), page.error().startswith("broken.jpg is a damaged JPEG file"))
    equal("no captions stand beside the error", page.captions(), [])
    page.give("paste", "image.png", picture_bytes)
    check("a pasted photo is captioned, and the error goes", page.captions() == expected["beam"] and not page.error())
    page.give("drop", "letter.txt", b"Dear reader", "text/plain")
    check("a text is refused: " + page.error(), page.error() == "letter.txt is neither a JPEG nor a PNG file")
    page.page.set_input_files("#file", picture)
    equal("a chosen photo is captioned", page.captions(), expected["beam"])
    page.give("drop", "", b"")
    check("what is no file is refused: " + page.error(), page.error().startswith("That was no file"))
    page.give("drop", "large.jpg", b"x" * (expected["large"] + 1))
    check("a large file is refused: " + page.error(), "more than this server's limit" in page.error())
    page.give("drop", expected["picture"], picture_bytes)
    equal("and the next one is captioned", page.captions(), expected["beam"])


def options(page):
    page.page.get_by_text("Greedy", exact=True).click()
    equal("greedy captions", page.captions(), [expected["greedy"]])
    page.page.get_by_text("Sampling", exact=True).click()
    equal("sampled captions", page.captions(), expected["sampled"])
    page.page.fill("[name=seed]", "1")
    check("another seed, other captions", page.captions() != expected["sampled"])
    page.page.fill("[name=seed]", "0")
    equal("the same seed, the same captions", page.captions(), expected["sampled"])
    page.page.get_by_text("Beam search", exact=True).click()
    page.page.fill("[name=beam]", "99")
    check("a beam that is too large is refused: " + page.error(), page.error().startswith("Beam: "))
    page.page.fill("[name=beam]", "3")
    equal("the server's word on options that contradict each other", page.error(),
          "decoding: n_best (4) must not be more than beam (3)")
    page.page.fill("[name=beam]", "5")
    page.page.fill("[name=neighbors]", "7")
    equal("captions chosen by similar photos", page.captions(), expected["neighbors"])
    check("what stands on the right is how well they agree",
          "agrees" in page.page.locator("#figure").inner_text() and
          "%" not in page.page.locator(".caption.best .whole").inner_text())
    page.page.fill("[name=neighbors]", "5000")
    check("too many are refused: " + page.error(), page.error().startswith("Similar photos: "))
    page.page.fill("[name=neighbors]", "0")
    equal("back again", page.captions(), expected["beam"])


def command(page):
    line = page.page.locator("#curl").inner_text()
    check("a curl line: " + line.replace("\n", " "), line.startswith(f"curl -F picture=@{expected['picture']} "))
    if shutil.which("curl"):
        answer = subprocess.run(["sh", "-c", line + " --silent"], cwd=folder, capture_output=True, check=True).stdout
        equal("its answer", [c["caption"] for c in json.loads(answer)["captions"]], expected["beam"])


def open_camera(page):
    page.page.click("#camera")
    while not page.page.evaluate("document.getElementById('video').videoWidth > 0"):
        page.page.wait_for_timeout(50)


def camera(page):
    open_camera(page)
    page.page.click("#stop")
    check("the camera can be left", page.page.locator("#preview").is_visible())
    open_camera(page)
    page.page.click("#shoot")
    check("a photo from the camera is captioned", len(page.captions()) == 4 and not page.error())
    check("its size is the camera's", "640 × 480 pixels" in page.page.locator("#times").inner_text())


def sizes(page):
    page.page.click(".options summary")
    page.page.click(".api summary")
    for width in (320, 390, 768, 1280, 1920):
        page.page.set_viewport_size({"width": width, "height": 844})
        inside = page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        check(f"nothing sticks out at {width} pixels", inside)


def screenshots(browser, target):
    for width, height in ((1280, 900), (390, 844)):
        for scheme in ("light", "dark"):
            page = Page(browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme))
            page.page.goto(url)
            page.give("drop", expected["picture"], picture_bytes)
            page.captions()
            page.page.screenshot(path=os.path.join(target, f"page_{width}_{scheme}.png"), full_page=True)


with sync_playwright() as playwright:
    try:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"])
    except Exception as error:  # pylint: disable=broad-except
        print("no Chromium can be started: " + str(error).splitlines()[0])
        sys.exit(77)
    page = Page(browser.new_page())
    elsewhere, complaints = [], []
    page.page.on("request", lambda r: r.url.startswith((url, "blob:" + url)) or elsewhere.append(r.url))
    page.page.on("pageerror", lambda error: complaints.append(str(error)))
    page.page.on("console", lambda m: m.type == "error" and "status of 4" not in m.text and complaints.append(m.text))
    page.page.goto(url)
    equal("the title", page.page.title(), "Captions for pictures")
    drops_pastes_and_choices(page)
    options(page)
    command(page)
    camera(page)
    sizes(page)
    equal("nothing is asked of other places", elsewhere, [])
    equal("no complaints of the browser", complaints, [])
    page.page.context.set_offline(True)
    page.give("drop", expected["picture"], picture_bytes)
    check("a server that is gone: " + page.error(), page.error().startswith("The server gave no answer"))
    if os.environ.get("DLCORE_SCREENSHOTS"):
        screenshots(browser, os.environ["DLCORE_SCREENSHOTS"])
    browser.close()

if failures:
    print(f"{len(failures)} wrong")
    sys.exit(1)
