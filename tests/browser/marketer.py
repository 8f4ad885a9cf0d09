"""How does somebody work on the pages? By mouse, or with the keyboard alone; what they need of it is counted."""

from pathlib import Path
from time import monotonic

from playwright.sync_api import Locator, Page

QUIET = "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"


class Effort:
    """Of all who take part: pages that were opened, clicks, fields that were filled, keys, seconds."""

    def __init__(self) -> None:
        self.pages = self.clicks = self.fields = self.keys = 0
        self._began = monotonic()

    def __str__(self) -> str:
        told = f"{self.pages} pages, {self.clicks} clicks, {self.fields} fields, {self.keys} keys"
        return f"{told}, {monotonic() - self._began:.0f} s with a machine's hands"


class Person:
    """One browser. With a mouse buttons and choices are clicked; fields are reached by Tab either way."""

    def __init__(self, page: Page, effort: Effort, *, has_mouse: bool) -> None:
        self.page, self.effort, self.has_mouse = page, effort, has_mouse
        page.set_default_timeout(60_000)
        page.on("request", self._count)

    def _count(self, request) -> None:
        """Where a page is loaded; where it leads to at once belongs to it."""
        if request.is_navigation_request() and request.frame == self.page.main_frame and not request.redirected_from:
            self.effort.pages += 1

    def open(self, address: str) -> None:
        self.page.goto(address)

    def press(self, target: Locator) -> None:
        """A button, a link, a summary."""
        if self.has_mouse:
            self._click(target)
        else:
            self.reach(target)
            self.key("Enter")
        self.settle()

    def choose(self, radio: Locator) -> None:
        if self.has_mouse:
            self._click(radio)
        else:
            self._walk_to(radio)
        self.settle()

    def type(self, field: Locator, text: str, then: str = "") -> None:
        self._into(field)
        self.key("Control+a")  # in place of what stands there
        self.page.keyboard.type(text)
        self.effort.keys += len(text)
        self.effort.fields += 1
        if then:
            self.key(then)
        self.settle()

    def select(self, field: Locator, words: str) -> None:
        """As the first letters of what is wanted choose it in a list that has the focus."""
        self._into(field)
        self.page.keyboard.type(words)
        self.effort.keys += len(words)
        self.effort.fields += 1
        self.settle()

    def pick(self, field: Locator, text: str) -> None:
        """In a field with a list: what is typed narrows the list, Enter takes the first."""
        self._into(field)
        self.page.keyboard.type(text)
        self.page.locator("[role=option]:visible").first.wait_for()
        self.effort.keys += len(text)
        self.effort.fields += 1
        self.key("Enter")
        self.settle()

    def moment(self, field: Locator, at: str) -> None:
        """Of a browser's own picker, which writes it as each language does."""
        self._into(field)
        field.fill(at)
        self.effort.keys += len(at)
        self.effort.fields += 1

    def upload(self, field: Locator, file: Path) -> None:
        """The dialog of the operating system is opened and answered: one click, however it is done."""
        self._into(field)
        self.effort.clicks += self.has_mouse
        with self.page.expect_response("**/pictures/upload"):
            field.set_input_files(file)
        self.settle()

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)
        self.effort.keys += 1

    def settle(self) -> None:
        self.page.wait_for_load_state()
        self.page.wait_for_function(QUIET)

    def reach(self, target: Locator) -> None:
        """With Tab alone."""
        for _ in range(250):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.key("Tab")
        raise AssertionError(f"the Tab key never reaches {target}")

    def _click(self, target: Locator) -> None:
        target.click()
        self.effort.clicks += 1

    def _into(self, field: Locator) -> None:
        if self.has_mouse:
            field.focus()
        else:
            self.reach(field)

    def _walk_to(self, radio: Locator) -> None:
        """Tab leads to the group, arrow keys within it."""
        name = radio.get_attribute("name")
        group = "(name) => document.activeElement.name === name"
        for _ in range(250):
            if self.page.evaluate(group, name):
                break
            self.key("Tab")
        for _ in range(60):
            if radio.evaluate("element => element === document.activeElement && element.checked"):
                return
            self.key("ArrowDown")
            self.settle()
        raise AssertionError(f"arrow keys never reach {radio}")
