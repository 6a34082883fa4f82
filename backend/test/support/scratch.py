"""Importing this gives a test a folder of its own for temporary files, which is gone when the test ends however many servers it killed."""
import atexit
import os
import shutil
import tempfile

OWNER = os.getpid()
tempfile.tempdir = tempfile.mkdtemp(prefix="interviewd-test-")
os.chmod(tempfile.tempdir, 0o711)  # a test may be somebody else for a while


@atexit.register
def clear():
    if os.getpid() == OWNER:  # a child process that ends leaves it alone
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)
