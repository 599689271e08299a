"""What several tests do by keyboard."""

from playwright.sync_api import Locator, Page


def press_tab_until(page: Page, target: Locator) -> None:
    """Go on until `target` has the focus, as somebody without a mouse would."""
    for _ in range(60):
        if target.evaluate('one => one === document.activeElement'):
            return
        page.keyboard.press('Tab')
        assert page.evaluate("!!document.activeElement.closest('dialog, body')")
    raise AssertionError(f'{target} cannot be reached by Tab')
