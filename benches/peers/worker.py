"""Our side of a table: the program `tables`, once per instruction set and number of threads."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np


class Worker:
    """A running program that opens rows and times their columns."""

    def __init__(self, program, isa, threads=1):
        environment = {**os.environ, "TABLES_THREADS": str(threads)}
        if isa != "best":
            environment["WINDOWS_ISA"] = isa
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([program], text=True, env=environment, **pipes)

    def ask(self, *request):
        # A column's name is one word on the wire.
        words = (str(word).replace(" ", "_") for word in request)
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(map(str, request))}: the program ended")
        return json.loads(answer)

    def arrays(self):
        """Inputs and output of the open row."""
        with tempfile.TemporaryDirectory() as folder:
            saved = self.ask("save", folder)
            types = {"f": "float", "i": "int", "u": "uint"}
            found = {}
            for array in saved:
                dtype = np.dtype(types[array["dtype"][0]] + array["dtype"][1:])
                data = np.fromfile(Path(folder) / array["name"], dtype)
                found[array["name"]] = data.reshape(array["shape"])
            return found

    def end(self):
        self.process.stdin.close()
        self.process.wait()
