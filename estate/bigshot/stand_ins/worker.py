"""BigShot's Celery worker: a real one, with two children."""

from .bigshot_app import app

if __name__ == "__main__":
    options = ["--pool", "prefork", "--concurrency", "2", "--queues", "celery", "--hostname", "worker@bigshot"]
    quick = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    app.worker_main(["worker", *options, *quick])
