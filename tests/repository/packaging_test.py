# SPDX-License-Identifier: MIT
"""The recipes of packaging/ and CITATION.cff against what they repeat: the version, the packages of the build, the versions of
LibTorch.

    packaging_test.py ROOT"""

import ast
import re
import subprocess
import sys
import unittest
from pathlib import Path

try:
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}; scripts/setup --tests installs what the tests need")
    sys.exit(77)

ROOT = Path(sys.argv[1])
PACKAGING = ROOT / "packaging"
IMAGES = ("Dockerfile", "eigensweep.def")


def text(name):
    return (ROOT / name).read_text()


def only(pattern, name):
    """What the one match of a pattern in a file has in its groups."""
    found = re.findall(pattern, text(name), re.MULTILINE)
    if len(found) != 1:
        raise AssertionError(f"{name}: {len(found)} matches of '{pattern}' instead of one")
    return found[0]


def common(expression):
    """The words of a bash expression once scripts/common.sh is there."""
    command = ["bash", "-c", f'source "$0"; printf "%s\\n" {expression}', str(ROOT / "scripts/common.sh")]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def calls(name, function):
    """The string arguments of every call of a function in a Python file, in order."""
    found = []
    for node in ast.walk(ast.parse(text(name), name)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
            found.append([argument.value for argument in node.args if isinstance(argument, ast.Constant)])
    return found


def conda_recipe():
    """The recipe with its variables filled in, as far as a test needs them."""
    source = text("packaging/conda/meta.yaml")
    variables = dict(re.findall(r'^{% set (\w+) = "([^"]*)" %}$', source, re.MULTILINE))
    source = re.sub(r"^{%.*%}$", "", source, flags=re.MULTILINE)
    return yaml.safe_load(re.sub(r"{{ *(.*?) *}}", lambda match: variables.get(match[1], f"'{match[1].translate(QUOTES)}'"), source))


#: A call such as compiler('cxx') becomes a text in quotes.
QUOTES = str.maketrans("", "", "'\"")


def installed(image):
    """The packages of every apt-get install of a recipe."""
    source = re.sub(r"\\\n", " ", text(f"packaging/{image}"))
    lists = re.findall(r"apt-get install -y --no-install-recommends ([^&\n]*)", source)
    return [packages.split() for packages in lists]


class Recipes(unittest.TestCase):
    def test_they_have_the_version_of_the_program(self):
        version = only(r"^project\(eigensweep VERSION ([0-9.]+) ", "CMakeLists.txt")
        self.assertEqual(only(r'^version = "(.*)"$', "analysis/pyproject.toml"), version)
        self.assertEqual(yaml.safe_load(text("CITATION.cff"))["version"], version)
        self.assertEqual(calls("packaging/spack/package.py", "version"), [[version]])
        self.assertEqual(conda_recipe()["package"], {"name": "eigensweep", "version": version})

    def test_the_images_install_what_the_build_needs(self):
        needed = common('"${build_packages[@]}"')
        self.assertGreater(len(needed), 10)
        for image in IMAGES:
            self.assertEqual(installed(image)[0], needed, image)
            self.assertEqual(len(installed(image)), 2, image)  # the build's and the programs'
        self.assertEqual(installed(IMAGES[0])[1], installed(IMAGES[1])[1])

    def test_the_images_take_the_same_torch_as_the_set_up(self):
        required = common('"$torch_requirement"')
        for image in IMAGES:
            self.assertEqual(re.findall(r"\btorch==[\w.+]+", text(f"packaging/{image}")), required, image)

    def test_the_ranges_of_torch_are_the_tested_one(self):
        tested = only(r"any LibTorch from ([0-9.]+) to ([0-9]+\.[0-9]+)", "README.md")
        self.assertEqual(only(r'"py-torch@([0-9.]+):([0-9.]+)"', "packaging/spack/package.py"), tested)
        major, minor = tested[1].split(".")
        wanted = f"libtorch >={tested[0]},<{major}.{int(minor) + 1}"
        self.assertIn(wanted, conda_recipe()["requirements"]["host"])
        self.assertEqual([f"torch=={tested[1]}.0"], common('"$torch_requirement"'))

    def test_the_images_have_one_way_to_cuda(self):
        presets = [preset["name"] for preset in yaml.safe_load(text("CMakePresets.json"))["configurePresets"]]
        for option, values in (("PRESET", ["cuda", "release"]), ("TORCH_INDEX", None)):
            found = {image: re.findall(rf"\b{option}=(\S+)", text(f"packaging/{image}")) for image in IMAGES}
            readme = re.findall(rf"\b{option}=(\S+)", text("packaging/README.md"))
            self.assertEqual(len(found["Dockerfile"]), 1)
            self.assertEqual({*found["Dockerfile"], *readme}, set(found["eigensweep.def"]), option)
            if values:
                self.assertEqual(sorted(set(found["eigensweep.def"])), values)
                self.assertLessEqual(set(values), set(presets))

    def test_the_recipe_for_conda_is_whole(self):
        recipe = conda_recipe()
        self.assertLessEqual({"package", "source", "build", "requirements", "test", "about"}, set(recipe))
        self.assertEqual(recipe["about"]["license"], "MIT")
        self.assertTrue((ROOT / recipe["about"]["license_file"]).exists())
        self.assertEqual((PACKAGING / "conda" / recipe["source"]["git_url"]).resolve(), ROOT.resolve())
        subprocess.run(["bash", "-n", str(PACKAGING / "conda/build.sh")], check=True)

    def test_the_options_that_they_set_exist(self):
        known = set(re.findall(r"^(?:option|set)\((EIGENSWEEP_\w+)", text("cmake/Options.cmake"), re.MULTILINE))
        for name in ("Dockerfile", "eigensweep.def", "spack/package.py", "conda/build.sh"):
            used = set(re.findall(r"EIGENSWEEP_[A-Z_]+", text(f"packaging/{name}")))
            self.assertIn("EIGENSWEEP_BUILD_TESTS", used, name)
            self.assertLessEqual(used, known, name)


class Citation(unittest.TestCase):
    def test_it_has_what_the_format_requires(self):
        content = yaml.safe_load(text("CITATION.cff"))
        self.assertEqual(content["cff-version"], "1.2.0")
        self.assertEqual((content["type"], content["title"], content["license"]), ("software", "eigensweep", "MIT"))
        self.assertTrue(content["message"])
        for work in (content, *content["references"]):
            self.assertTrue(work["title"] and work["type"])
            self.assertGreater(len(work["authors"]), 0)
            for author in work["authors"]:
                self.assertIn(set(author), ({"name"}, {"family-names", "given-names"}))

    def test_it_names_the_paper(self):
        (paper,) = yaml.safe_load(text("CITATION.cff"))["references"]
        self.assertEqual([author["family-names"] for author in paper["authors"]], ["Nassar", "Sokol", "Chung", "Harris", "Park"])
        title, url = only(r'\[Nassar et al\., "([^"]*)" \(NeurIPS\s+2020\)\]\(([^)]*)\)', "README.md")
        self.assertEqual((paper["title"], paper["url"], paper["year"]), (title, url, 2020))


class Page(unittest.TestCase):
    def test_its_table_names_every_recipe_and_nothing_else(self):
        rows = re.findall(r"^\| (`[^|]*)\|", text("packaging/README.md"), re.MULTILINE)
        named = re.findall(r"`([^`]+)`", " ".join(rows))
        there = [str(path.relative_to(PACKAGING)) for path in PACKAGING.rglob("*")
                 if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts]
        self.assertGreater(len(there), 4)
        self.assertEqual(sorted(named), sorted([*there, "../CITATION.cff"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
