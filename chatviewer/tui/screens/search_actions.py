"""What the main screen does around the search box: the line under it, completion, the history of queries, tool output in and out."""

from collections.abc import Callable

from rich.cells import cell_len
from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from chatviewer.domain import safe_line
from chatviewer.domain.saved_search import moved, name_problem, read_searches, renamed
from chatviewer.tui.actions import LIBRARY
from chatviewer.tui.advising import completion_line, example_line, fact_line, problem_line, unknown_field
from chatviewer.tui.completing import Completion, completions, is_asked
from chatviewer.tui.fetching import change_searches, fetch_tool_names, save_search
from chatviewer.tui.formatting import ago
from chatviewer.tui.importing import beginning_words
from chatviewer.tui.screens.pane_actions import MEDIUM, SEARCH, PaneActions
from chatviewer.tui.search_messages import ChipTaken, HintsReady, Narrow, NarrowingReady, SearchesFetched, ToolNamesFetched
from chatviewer.tui.titles import put_title
from chatviewer.tui.widgets.advice_line import AdviceLine


class SearchActions(PaneActions):
    """The keys of the search box, and what it says."""

    tool_names: dict[str, int] | None = None  # with how many sessions called them; None: not asked for yet

    def advise(self) -> None:
        """Say under the box what helps now."""
        text = self.search_box.value
        is_typing = self.pane == SEARCH
        line = self.query_one("#advice", Static)
        is_wanted = is_typing or bool(text.strip())
        if not is_wanted:
            line.update("", layout=False)  # the row stays: nothing below it may jump when typing begins
        else:
            self.search_box.completions = self.find_completions(text) if is_typing else []
            line.update(self._advice(text, is_typing=is_typing), layout=False)

    def _advice(self, text: str, *, is_typing: bool) -> Content:
        box = self.search_box
        left = box.region.x - self.query_one("#top", Horizontal).region.x
        if box.completions:
            return completion_line(box.completions, left)
        if text.strip():
            from chatviewer.query import parse

            problems = parse(text).problems
            if problems:
                start = max(0, round(box.scroll_x))
                return problem_line(text, problems[0][0], problems[0][1], left - start, self.app.size.width)
            if (unknown := unknown_field(text)) is not None:
                return problem_line(text, *unknown, left - max(0, round(box.scroll_x)), self.app.size.width)
            facts = self.listing.facts(is_typing=is_typing)
            fresh = self.freshness() if facts else ""
            is_beginning = self.counts is not None and self.counts.beginning is not None  # what is not found may be not here yet
            is_below = self.app.size.width >= MEDIUM and not is_beginning  # the bottom line has room to say it
            start = 1 if is_beginning else left
            has_room = fresh and not is_below and start + sum(cell_len(fact) + 3 for fact in facts) + cell_len(fresh) <= self.app.size.width
            return fact_line([*facts, fresh] if has_room else facts, left, self.app.size.width)
        return example_line(left, self.app.size.width)

    def freshness(self) -> str:
        """How long ago the library was brought up to date, or that not all is here yet."""
        begun = self.counts.beginning if self.counts is not None else None
        if begun is not None:
            return beginning_words(begun)
        at = self.counts.last_import_at if self.counts is not None else None
        return f"imported {ago(at, self.viewer.now())}" if at is not None else ""

    def say_freshness(self) -> None:
        """At the bottom; how far an import is while one runs, and what is missing where the first one was broken off."""
        self.status.resting = self.freshness()
        state = self.viewer.import_state
        is_left = self.counts is not None and self.counts.beginning is not None
        if self.has_class("-first-start"):
            self.name_keys()
        self.status.progress = state.words() if state.is_running else f"{self.freshness()} · R brings the others" if is_left else ""

    def find_completions(self, text: str) -> list[Completion]:
        """What the text may go on with where the cursor stands."""
        if self.tool_names is None and is_asked(text[: self.search_box.cursor_position], "tool"):
            self.tool_names = {}
            self.counter.submit(fetch_tool_names(self.library), key="tools")
        box = self.search_box
        at = box.cursor_position if text == box.value else len(text)
        return completions(text, self.counts, self.tool_names or {}, at)

    @on(ToolNamesFetched)
    def take_tool_names(self, event: ToolNamesFetched) -> None:
        self.tool_names = dict(event.names)
        self.advise()

    @on(HintsReady)
    def take_hints(self, event: HintsReady) -> None:
        if self.listing.take_hints(event):
            self.advise()
            if not len(self.session_list.rows):
                self.say_why_empty()
            self._follow_digit()

    def say_why_empty(self) -> None:
        """What would find something, where the list has nothing. At the first start the welcome stays: it says what to do."""
        if self.has_class("-first-start"):
            return
        offered = self.search_box.completions if self.pane == SEARCH else []
        self.session_list.say_when_empty(Content(self.listing.empty_words(self.counts, offered[0].text if offered else "")))

    @on(NarrowingReady)
    def take_narrowing(self, event: NarrowingReady) -> None:
        if self.listing.take_narrowing(event):
            self.library_pane.show_narrowing(event.narrowing, keeps_keys=self.pane != SEARCH)
            self.show_facets()
            self.describe_list()
            self._follow_digit()

    def _follow_digit(self) -> None:
        """Do what a digit asked for that was typed ahead of what it stands beside."""
        number, self.digit_due = self.digit_due, 0
        if number:
            self.action_narrow(number)

    def show_narrowing_of_nothing(self) -> None:
        """Where nothing is found, only what the query has already can be taken out."""
        from chatviewer.tui.narrowing import of_nothing

        self.library_pane.show_narrowing(of_nothing(self.listing.text), keeps_keys=self.pane != SEARCH)
        self.show_facets()

    def describe_list(self) -> None:
        """Say beside the list what it shows."""

    def show_facets(self) -> None:
        """Say in the pane, or where there is none in a line above the list, which keys narrow the result."""
        pane = self.library_pane
        lead = "Tab " if self.pane == SEARCH else ""  # digits are text while typing
        put_title(pane, (f"Narrow · {lead}1-9" if pane.numbered else "Narrow") if pane.is_narrowing else "Library")
        self.band.show([(facet, pane.is_on(facet)) for facet in pane.numbered], lead=lead)
        self.band.set_class(bool(self.listing.text.strip()) and not self.shows_library, "-shown")
        self.name_keys()

    @on(ChipTaken)
    def say_taken(self, event: ChipTaken) -> None:
        """Comes before the text without it, so that the whole can still be kept."""
        self.remember_query()
        self.tell(f"{safe_line(event.term, 40)} taken out · ↑ at the top of the list brings it back")

    @on(Narrow)
    def narrow(self, event: Narrow) -> None:
        from chatviewer.query import editing

        text, term = self.listing.text, event.term
        if event.how == "only":
            self.search_for(editing.toggled("", term))
        elif event.how == "widen":
            self.search_for(editing.widened(text, term))
        else:
            self.search_for(editing.toggled(text, f"-{term}" if event.how == "exclude" else term))
        if self.pane == LIBRARY and not text.strip():
            self.focus_list()  # a filter is chosen; what else could narrow it is a step further

    @on(SearchesFetched)
    def take_searches(self, event: SearchesFetched) -> None:
        self.viewer.preference_values["saved_searches"] = event.text
        self.show_searches()
        if event.words:
            self.tell(f"{event.words} · u undoes", lasts=True)

    @property
    def saved_searches(self) -> dict[str, str]:
        """Queries by their names."""
        return read_searches(str(self.viewer.preference("saved_searches")))

    def show_searches(self) -> None:
        """Show the library pane with them, once its counts are known."""
        if self.counts is not None:
            self.library_pane.show(self.counts, self.saved_searches)

    # Keys

    def action_save_search(self) -> None:
        """Give what is searched for a name, in the library pane."""
        from chatviewer.tui.modals.prompt import PromptModal

        query = self.listing.text.strip()
        if not query:
            self.tell("Type what to look for first; ctrl+s then saves it under a name.")
            return
        name = next((name for name, saved in self.saved_searches.items() if saved == query), "")

        def save(typed: str | None) -> None:
            if typed is not None and typed.strip() != name:
                self.changes.submit(save_search(self.library, typed, query))

        prompt = PromptModal(
            "Save this search",
            value=name,
            placeholder="A name for the library pane",
            explanation=safe_line(query, 200),
            hint="Enter saves · Esc leaves · an empty name forgets it",
            problem=lambda typed: name_problem(typed, query),
        )
        self.app.push_screen(prompt, save)

    def _saved(self) -> str:
        """The name of the saved search under the cursor of the library pane; said if there is none."""
        name = self.library_pane.chosen_search
        if not name:
            self.tell("No saved search is here; ctrl+s saves what is searched for.")
        return name

    def action_rename_search(self) -> None:
        from chatviewer.tui.modals.prompt import PromptModal

        if name := self._saved():

            def rename(typed: str | None) -> None:
                if typed is not None and typed.strip() not in ("", name):
                    self._change_searches(lambda searches: renamed(searches, name, typed), f"Renamed to {safe_line(typed.strip(), 40)}")

            self.app.push_screen(PromptModal("Rename this search", value=name, problem=lambda typed: name_problem(typed, "")), rename)

    def action_forget_search(self) -> None:
        if name := self._saved():
            self._change_searches(lambda searches: renamed(searches, name, ""), f"{safe_line(name, 40)} is no longer saved")

    def action_move_search(self, step: int) -> None:
        if name := self._saved():
            self._change_searches(lambda searches: moved(searches, name, step), f"Moved {safe_line(name, 40)}")

    def _change_searches(self, change: Callable[[dict[str, str]], dict[str, str]], words: str) -> None:
        self.changes.submit(change_searches(self.library, change, words))

    def action_narrow(self, number: int) -> None:
        """Choose the line that has this digit, once it is known which that is."""
        if self.listing.is_explaining:
            self.digit_due = number
            return
        facet = next((facet for facet in self.library_pane.numbered if facet.key == str(number)), None)
        if facet is None or facet.query is None:
            self.tell("Nothing has this digit now; search for something, then digits narrow it.")
        elif facet.is_term:
            self.narrow(Narrow(facet.query))
        else:
            self.search_for(facet.query)

    def action_to_facets(self) -> None:
        """From the search box into the library pane, where there is one."""
        if self.shows_library:
            self.remember_query()
            self.go_to(LIBRARY)
        else:
            self.action_to_list()

    def action_complete(self) -> None:
        """Take what is offered first; with nothing offered, to the list."""
        box = self.search_box
        if box.completions:
            box.complete(box.completions[0])
        elif self.listing.hints.suggestion:
            self.action_take_suggestion()
        else:
            self.action_to_list()

    @on(AdviceLine.CompletionClicked)
    def take_clicked(self, event: AdviceLine.CompletionClicked) -> None:
        choices = self.search_box.completions
        if event.number < len(choices):
            self.search_box.complete(choices[event.number])
            self.search_box.focus()

    def action_take_suggestion(self) -> None:
        if self.listing.hints.suggestion:
            self.search_for(self.listing.hints.suggestion)
        else:
            self.tell("There is nothing to correct.")

    def action_search_tools(self) -> None:
        """Look into tool output as well, or no more."""
        text = self.listing.text
        if not text.strip():
            self.tell("Type what to look for first; ctrl+t then also looks into tool output.")
        else:
            from chatviewer.query.editing import toggled

            self.search_for(toggled(text, "in:all"))

    def action_search_hidden(self) -> None:
        """Look into archived and trashed sessions as well, or no more."""
        from chatviewer.query.editing import toggled

        self.search_for(toggled(self.listing.text, "is:any"))

    def action_drop_word(self) -> None:
        """Without the word that is in the way, else without the last one before the cursor."""
        box, hints = self.search_box, self.listing.hints
        if hints.shorter and not len(self.session_list.rows):
            self.search_for(hints.shorter)
        elif box.value.strip():
            box.drop_last()

    def action_search_up(self) -> None:
        """Up the list; from its top to the queries of before."""
        box = self.search_box
        if self.session_list.cursor > 0 and not self.history.is_shown(box.value):
            self.session_list.action_cursor_up()
        elif (query := self.history.older(box.value)) is not None:
            box.set_query(query)

    def action_search_down(self) -> None:
        query = self.history.newer(self.search_box.value)
        if query is not None:
            self.search_box.set_query(query)
        else:
            self.session_list.action_cursor_down()

    def action_to_list(self) -> None:
        self.remember_query()
        self.focus_list()

    def remember_query(self) -> None:
        """Keep what is searched for, to be fetched back later."""
        self.history.add(self.listing.text)
        self.layout_state.history = self.history.entries
