"""What `bench/serve.py` measures and measures with: the servers, the questions, the client, the CPU meter."""
