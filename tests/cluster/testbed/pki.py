# SPDX-License-Identifier: Apache-2.0
"""The certificates of one cluster, made with openssl: an authority, the API server's, and its clients'."""
import base64
import json
import subprocess
from pathlib import Path

DAYS = "30"
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def _openssl(folder: Path, *arguments: str, stdin: str | None = None):
    done = subprocess.run(["openssl", *arguments], cwd=folder, input=stdin, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


class Pki:
    """Keys and certificates in one folder, NAME.key and NAME.crt; ca, apiserver, sa (service accounts) and clients."""

    def __init__(self, folder: Path):
        self.folder = folder

    def create(self, apiserver_names: list[str]):
        """`apiserver_names` are subjectAltName entries, such as IP:127.0.0.1."""
        self.folder.mkdir(mode=0o700)
        _openssl(self.folder, "req", "-x509", *_NEW_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", DAYS, "-subj", "/CN=kube-ca")
        _openssl(self.folder, "genrsa", "-out", "sa.key", "2048")
        _openssl(self.folder, "rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")
        self._issue("apiserver", "/CN=kube-apiserver", f"subjectAltName={','.join(apiserver_names)}")
        self.client("admin", "/O=system:masters/CN=admin")

    def client(self, name: str, subject: str):
        self._issue(name, subject, "extendedKeyUsage=clientAuth")

    def _issue(self, name: str, subject: str, extension: str):
        _openssl(self.folder, "req", *_NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        _openssl(self.folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", DAYS, "-out", f"{name}.crt", "-extfile", f"{name}.ext")

    def kubeconfig(self, client: str, server: str) -> str:
        """A kubeconfig with everything inside, so that it may be moved. JSON is YAML."""
        def data(file: str) -> str:
            return base64.b64encode((self.folder / file).read_bytes()).decode()

        return json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "cluster",
            "clusters": [{"name": "cluster", "cluster": {"server": server, "certificate-authority-data": data("ca.crt")}}],
            "users": [{"name": client, "user": {"client-certificate-data": data(f"{client}.crt"), "client-key-data": data(f"{client}.key")}}],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": client}}]}, indent=1)
