import signal
from collections.abc import Iterator

from ...certificate import issue
from ...damage import changed
from ...fault import fault
from ...part import wait_until
from ..estate import BigShot
from ..frontend import HOST


@fault("nginx serves a certificate with 5 days left", "bigshot.security.certificate-expiry")
def certificate_expires(estate: BigShot) -> Iterator[None]:
    before, folder = estate.frontend.served(), estate.home / "ssl"
    key, cert = folder / "key.pem", folder / "cert.pem"
    with changed(key, lambda _: None), changed(cert, lambda _: issue(folder, HOST, 5)):
        reload(estate)
        wait_until(lambda: estate.frontend.served() not in {before, b""}, "nginx should serve the new certificate")
        yield
    reload(estate)
    wait_until(lambda: estate.frontend.served() == before, "nginx should serve the former certificate")


def reload(estate: BigShot) -> None:
    """Wait for the former worker's end: until then it goes on serving the former certificate now and then."""
    former = estate.frontend.part.descendants()
    estate.frontend.part.tell(signal.SIGHUP)
    wait_until(lambda: not any(worker.is_running() for worker in former), "nginx should end its former worker")
