# SPDX-License-Identifier: MIT
"""Opens a page in a headless Chromium, in a frame of a given width, and asks it questions in JavaScript."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

#: What Debian and others call it.
NAMES = ("chromium", "chromium-browser", "google-chrome")
#: The answer stands in this element of the frame's parent.
FRAME = """<!doctype html><meta charset=utf-8><body style="margin:0"><iframe id=page src="page.html"
style="width:{width}px;height:1200px;border:0"></iframe><pre id=answer></pre><script>
addEventListener("message", (event) => {{ document.getElementById("answer").textContent = event.data; }});</script>"""
ASK = """<script>window.failures = [];
addEventListener("error", (event) => window.failures.push(String(event.message)));</script>{page}<script>
(async () => {{
  const wait = (condition) => new Promise((done) => {{
    const look = () => condition() ? done() : setTimeout(look, 20);
    look();
  }});
  let answer;
  try {{
    await wait(() => document.body.classList.contains("ready") || window.failures.length);
    answer = await (async () => {{ {question} }})();
  }} catch (error) {{ answer = {{failed: String(error)}}; }}
  parent.postMessage(JSON.stringify({{answer, failures: window.failures}}), "*");
}})();</script>"""


def chromium():
    """The program, or a skip with the reason."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no {', '.join(NAMES)} is installed; scripts/test installs chromium")
    return found


def ask(page, folder, width, question):
    """What the body of a JavaScript function returns on a page that has drawn its charts.

    Parameters
    ----------
    page : str
        HTML.
    folder : Path
        Takes the files.
    width : int
        Of the page's frame in pixels.
    question : str
        JavaScript with a `return`; the value goes through JSON.

    Returns
    -------
    The value. Fails the test if any script of the page raised an error.
    """
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    (folder / "page.html").write_text(ASK.format(page=page, question=question))
    (folder / "frame.html").write_text(FRAME.format(width=width))
    document = run(folder, "--virtual-time-budget=30000", f"--window-size={max(width, 600)},1300", "--dump-dom",
                   (folder / "frame.html").as_uri())
    found = re.search(r"<pre id=\"answer\">(.+?)</pre>", document, re.S)
    assert found, "the page gave no answer"
    answer = json.loads(html.unescape(found.group(1)))
    assert not answer["failures"], answer["failures"]
    return answer["answer"]


def run(folder, *arguments):
    """Standard output of the browser."""
    # As root it has no sandbox; its profile belongs to the test.
    command = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
               f"--user-data-dir={folder}/profile", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
