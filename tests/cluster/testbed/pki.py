# SPDX-License-Identifier: Apache-2.0
"""The certificates of one cluster, made with openssl: an authority, the API server's, and its clients'."""

import base64
import json
import subprocess
from pathlib import Path

DAYS = 30
_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"


def _openssl(folder: Path, arguments: str):
    """Arguments are separated by spaces; names and subjects have none."""
    done = subprocess.run(["openssl", *arguments.split()], cwd=folder, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments} failed: {done.stderr.strip()}")


class Pki:
    """Keys and certificates in one folder, NAME.key and NAME.crt; ca, apiserver, sa (service accounts) and clients."""

    def __init__(self, folder: Path):
        self.folder = folder

    def create(self, apiserver_names: list[str]):
        """`apiserver_names` are subjectAltName entries, such as IP:127.0.0.1."""
        self.folder.mkdir(mode=0o700)
        _openssl(self.folder, f"req -x509 {_NEW_KEY} -keyout ca.key -out ca.crt -days {DAYS} -subj /CN=kube-ca")
        _openssl(self.folder, "genrsa -out sa.key 2048")
        _openssl(self.folder, "rsa -in sa.key -pubout -out sa.pub")
        self._issue("apiserver", "/CN=kube-apiserver", f"subjectAltName={','.join(apiserver_names)}")
        self.client("admin", "/O=system:masters/CN=admin")

    def client(self, name: str, subject: str):
        self._issue(name, subject, "extendedKeyUsage=clientAuth")

    def _issue(self, name: str, subject: str, extension: str):
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        _openssl(self.folder, f"req {_NEW_KEY} -keyout {name}.key -out {name}.csr -subj {subject}")
        _openssl(
            self.folder,
            f"x509 -req -in {name}.csr -out {name}.crt -days {DAYS} -extfile {name}.ext"
            " -CA ca.crt -CAkey ca.key -CAcreateserial",
        )

    def kubeconfig(self, client: str, server: str) -> str:
        """A kubeconfig with everything inside, so that it may be moved. JSON is YAML."""

        def data(file: str) -> str:
            return base64.b64encode((self.folder / file).read_bytes()).decode()

        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "cluster",
                "clusters": [
                    {"name": "cluster", "cluster": {"server": server, "certificate-authority-data": data("ca.crt")}}
                ],
                "users": [
                    {
                        "name": client,
                        "user": {
                            "client-certificate-data": data(f"{client}.crt"),
                            "client-key-data": data(f"{client}.key"),
                        },
                    }
                ],
                "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": client}}],
            },
            indent=1,
        )
