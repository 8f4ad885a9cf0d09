import pytest

from tracking.user_agents import UNKNOWN, parse

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.mark.parametrize(
    ("text", "device", "browser", "system"),
    [
        (FIREFOX, "desktop", "Firefox", "Linux"),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
                " Safari/537.36"
            ),
            "desktop",
            "Chrome",
            "Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
                " Version/17.5 Mobile/15E148 Safari/604.1"
            ),
            "mobile",
            "Mobile Safari",
            "iOS",
        ),
        (
            (
                "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6"
                " Mobile/15E148 Safari/604.1"
            ),
            "tablet",
            "Mobile Safari",
            "iOS",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
                " Mobile Safari/537.36"
            ),
            "mobile",
            "Chrome Mobile",
            "Android",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
                " Safari/537.36"
            ),
            "tablet",
            "Chrome",
            "Android",
        ),
        (
            (
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/5.0 TV"
                " Safari/537.36"
            ),
            "tv",
            None,
            "Tizen",
        ),
    ],
)
def test_names_device_browser_and_system(text, device, browser, system):
    agent = parse(text)

    assert (agent.device, agent.os) == (device, system)
    assert browser is None or agent.browser == browser


@pytest.mark.parametrize(
    "text",
    [
        (
            "Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile"
            " Safari/537.36 [Pinterest/Android]"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile"
            " Safari/537.36 Instagram 340.0 Android (34/14)"
        ),
        "Opera/9.80 (Android; Opera Mini/36.2.2254/191.280; U; de) Presto/2.12.423 Version/12.16",
        "Opera/9.80 (Android 4.1.2; Linux; Opera Mobi/ADR-1305251841) Presto/2.11.355 Version/12.10",
        "Mozilla/5.0 (Android; Opera Mini/32.0.2254/85) AppleWebKit/537.36",
        "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)",
        "ShopApp/3.2 (Android 14; Pixel 8)",
    ],
)
def test_a_phone_stays_a_phone_whatever_its_app_adds(text):
    """ingest-phone-taken-for-tablet-1"""
    assert parse(text).device == "mobile"


@pytest.mark.parametrize(
    "text",
    [
        (
            "Mozilla/5.0 (Linux; Android 13; SM-X710; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
            " Chrome/120.0 Safari/537.36 [Pinterest/Android]"
        ),
        "Mozilla/5.0 (Android 13; Tablet; rv:130.0) Gecko/130.0 Firefox/130.0",
        (
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
            " Instagram 340.0"
        ),
    ],
)
def test_a_tablet_stays_a_tablet_whatever_its_app_adds(text):
    assert parse(text).device == "tablet"


def test_a_desktop_with_the_tablet_component_of_windows_is_a_desktop():
    assert parse("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)").device == "desktop"


def test_nothing_and_nonsense_are_other():
    assert parse("") is UNKNOWN
    assert parse("\x00" * 10_000).device == "other"


def test_families_agree_with_the_sample_of_the_public_suite(shared_dir):
    import json

    cases = json.loads((shared_dir / "conformance/uap/test_ua_sample.json").read_text())["test_cases"]

    right = sum(
        parse(case["user_agent_string"]).browser == ("" if case["family"] == "Other" else case["family"])
        for case in cases
    )

    assert right >= 0.98 * len(cases), f"{right} of {len(cases)}"
