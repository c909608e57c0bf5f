"""Serve a judge's endpoint on this machine, which answers as a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rewards import RewardResult, get_reward

KEY = "sk-very-secret-0123456789"


PROMPT = [{"role": "user", "content": "What is the capital of France?"}]


COMPARE = {"reference": "I do not know."}


GRADE = {"answer": "Paris"}


Reply = tuple[int, bytes, Mapping[str, str]]


def chat(content: Any, finish_reason: str = "stop") -> Reply:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return 200, json.dumps({"choices": [choice]}).encode(), {}


def verdict(word: str) -> Reply:
    return chat(json.dumps({"verdict": word}))


def material(body: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(body["messages"][1]["content"])
    assert isinstance(found, dict)
    return found


def prefers_paris(body: dict[str, Any]) -> Reply:
    """Judge honestly."""
    asked = material(body)
    if "response" in asked:
        return verdict("correct" if asked["answer"] in asked["response"] else "incorrect")
    ranks = ["Paris" in asked["first"], "Paris" in asked["second"]]
    return verdict("tie" if ranks[0] == ranks[1] else "first" if ranks[0] else "second")


@dataclass
class Server:
    """Is a judge's endpoint; `behave` decides what it answers."""

    url: str = ""
    behave: Callable[[dict[str, Any]], Reply] = prefers_paris
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    drip_s: float = 0.0


def serve(server: Server) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.bodies.append(body)
            server.headers.append({k.lower(): v for k, v in self.headers.items()})
            status, content, extra = server.behave(body)
            try:
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if server.drip_s:
                    for place in range(len(content)):
                        self.wfile.write(content[place : place + 1])
                        self.wfile.flush()
                        time.sleep(server.drip_s)
                else:
                    self.wfile.write(content)
            except OSError:
                pass  # the client hung up, which is what some tests are about

        def do_GET(self) -> None:
            server.headers.append({k.lower(): v for k, v in self.headers.items()})
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_address[1]}/v1"
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    return listener


def judge(completion: str, ground_truth: Any = COMPARE, **extra: Any) -> RewardResult:
    return get_reward("judge").score(
        completion, ground_truth=ground_truth, prompt=PROMPT, extra_info=extra
    )


# What the client waits before it asks again, so that tests don't wait half a second.
SOON = {"Retry-After-Ms": "10"}
