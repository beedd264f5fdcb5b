import signal
from collections.abc import Iterator

from ..certificate import issue
from ..estate import Estate
from ..fault import fault
from ..part import wait_until
from .backups import put_back


@fault("nginx serves a certificate with 5 days left", "bigshot.security.certificate-expiry")
def certificate_expires(estate: Estate) -> Iterator[None]:
    before, folder = estate.frontend.served(), estate.home / "ssl"
    with put_back(folder / "cert.pem"), put_back(folder / "key.pem"):
        issue(folder, 5)
        reload(estate)
        wait_until(lambda: estate.frontend.served() not in {before, b""}, "nginx should serve the new certificate")
        yield
    reload(estate)
    wait_until(lambda: estate.frontend.served() == before, "nginx should serve the former certificate")


def reload(estate: Estate) -> None:
    """Wait for the former worker's end: until then it goes on serving the former certificate now and then."""
    former = estate.frontend.part.descendants()
    estate.frontend.part.tell(signal.SIGHUP)
    wait_until(lambda: not any(worker.is_running() for worker in former), "nginx should end its former worker")
