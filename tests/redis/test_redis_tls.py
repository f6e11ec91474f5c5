"""The store on a real Redis server that speaks TLS and asks for a certificate."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from real_servers import RealServer, free_port, has_openssl

from neuro.errors import StoreUnavailableError
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_engram, sample_placed

pytestmark = [pytest.mark.redis, pytest.mark.skipif(not has_openssl(), reason="needs openssl")]

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


async def openssl(folder: Path, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "openssl", *words, cwd=folder, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said


async def make_authority(folder: Path, name: str) -> None:
    new = ("req", "-x509", *KEY, "-nodes", "-days", "2", "-subj", f"/CN={name}")
    await openssl(folder, *new, "-keyout", f"{name}.key", "-out", f"{name}.crt")


async def make_certificate(folder: Path, name: str, place: str) -> None:
    """A certificate of the authority ``ca`` for a place, such as ``IP:127.0.0.1``."""
    (folder / f"{name}.ext").write_text(f"subjectAltName={place}\n")
    request = ("req", *KEY, "-nodes", "-subj", f"/CN={name}")
    await openssl(folder, *request, "-keyout", f"{name}.key", "-out", f"{name}.csr")
    signed = ("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    await openssl(folder, *signed, "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt")


def address(port: int, folder: Path, **changed: str) -> str:
    """A URL with the certificates that the server wants; an option without a value is left out."""
    options = {
        "ssl_ca_certs": f"{folder}/ca.crt",
        "ssl_certfile": f"{folder}/brain.crt",
        "ssl_keyfile": f"{folder}/brain.key",
    } | changed
    return f"rediss://127.0.0.1:{port}?{urlencode({k: v for k, v in options.items() if v})}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For certificates."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    return folder


async def test_a_store_behind_tls_is_reached_by_those_who_show_and_trust_certificates(
    tmp_path: Path, folder: Path
) -> None:
    await make_authority(folder, "ca")
    await make_authority(folder, "stranger")
    await make_certificate(folder, "server", "IP:127.0.0.1")
    await make_certificate(folder, "elsewhere", "IP:127.0.0.2")
    await make_certificate(folder, "brain", "DNS:brain")
    port, other = free_port(), free_port()
    shown = ("--tls-ca-cert-file", f"{folder}/ca.crt", "--tls-cert-file", f"{folder}/server.crt")
    server = RealServer(
        tmp_path / "redis", *shown, "--tls-key-file", f"{folder}/server.key", "--tls-port", str(port)
    )
    shown = ("--tls-ca-cert-file", f"{folder}/ca.crt", "--tls-cert-file", f"{folder}/elsewhere.crt")
    wrong = RealServer(
        tmp_path / "wrong", *shown, "--tls-key-file", f"{folder}/elsewhere.key", "--tls-port", str(other)
    )
    try:
        await server.start()
    except TimeoutError:
        pytest.skip("this redis-server cannot speak TLS")
    try:
        await wrong.start()
        async with aclosing(await RedisStore.open(address(port, folder), namespace="tls")) as store:
            assert store.url == f"rediss://127.0.0.1:{port}/0"
            await store.engrams("neocortex").insert([sample_placed(1)])
        async with aclosing(await RedisStore.open(address(port, folder), namespace="tls")) as store:
            assert await store.engrams("neocortex").scan() == [sample_engram(1)]
        refused = {
            "a server that one does not trust": address(port, folder, ssl_ca_certs=f"{folder}/stranger.crt"),
            "one that shows the name of another": address(other, folder),
            "one that asks who one is": address(port, folder, ssl_certfile="", ssl_keyfile=""),
            "one that speaks no TLS": f"rediss://127.0.0.1:{server.port}",
            "one that speaks nothing else": f"redis://127.0.0.1:{port}",
        }
        for url in refused.values():
            with pytest.raises(StoreUnavailableError, match=r"Redis at 127\.0\.0\.1:"):
                await RedisStore.open(url)
    finally:
        server.kill()
        wrong.kill()
