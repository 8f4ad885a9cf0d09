import pytest

from tracking.user_agents import UNKNOWN, parse

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.mark.parametrize(
    ("text", "device", "browser", "system"),
    [
        (FIREFOX, "desktop", "Firefox", "Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "desktop", "Chrome", "Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "mobile",
            "Mobile Safari",
            "iOS",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
            "tablet",
            "Mobile Safari",
            "iOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "mobile",
            "Chrome Mobile",
            "Android",
        ),
        ("Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "tablet", "Chrome", "Android"),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/5.0 TV Safari/537.36", "tv", None, "Tizen"),
    ],
)
def test_names_device_browser_and_system(text, device, browser, system):
    agent = parse(text)

    assert (agent.device, agent.os) == (device, system)
    assert browser is None or agent.browser == browser


def test_nothing_and_nonsense_are_other():
    assert parse("") is UNKNOWN
    assert parse("\x00" * 10_000).device == "other"


def test_families_agree_with_the_sample_of_the_public_suite(shared_dir):
    import json

    cases = json.loads((shared_dir / "conformance/uap/test_ua_sample.json").read_text())["test_cases"]

    right = sum(parse(case["user_agent_string"]).browser == ("" if case["family"] == "Other" else case["family"]) for case in cases)

    assert right >= 0.98 * len(cases), f"{right} of {len(cases)}"
