"""What the scripts that write docs/performance.md share."""
import os
import platform
import subprocess


def machine(device):
    """The name of the processor or of the card with its driver."""
    if device != "cpu":
        query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
        return subprocess.run(query, capture_output=True, text=True).stdout.strip().split("\n")[0]
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def replace_section(path, title, body):
    """Puts the section of this title in place of the one that is there, or at the end."""
    text = open(path).read() if os.path.exists(path) else "# Performance\n"
    begin, end = f"<!-- measured: {title} -->\n", f"<!-- end: {title} -->\n"
    section = f"{begin}## {title}\n\n{body}{end}"
    if begin in text:
        text = text[: text.index(begin)] + section + text[text.index(end) + len(end):]
    else:
        text = text.rstrip("\n") + "\n\n" + section
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)
