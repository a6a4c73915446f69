"""Fetch the real Glicol (MIT, from the npm registry), which our engine is compared with.

python tests/envs/get_glicol.py
"""

import hashlib
import io
import tarfile
import urllib.request

from real_glicol import WASM

URL = "https://registry.npmjs.org/glicol/-/glicol-0.4.0.tgz"
SHA256 = "1eb54f0bef6208c529bff809822908c3529fbfc237fdf963bd107a3e5aa3f69b"
MOST_BYTES = 1 << 23

if __name__ == "__main__":
    with urllib.request.urlopen(URL, timeout=60) as answer:
        packed = answer.read(MOST_BYTES)
    assert hashlib.sha256(packed).hexdigest() == SHA256, "another archive than expected"
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.extractfile("package/glicol_wasm.wasm")
        assert member is not None
        WASM.parent.mkdir(exist_ok=True)
        WASM.write_bytes(member.read(MOST_BYTES))
    print(WASM)
