"""Which variant does this visitor see now? POST /v1/decide: one read of the profile, one pure decision, one answer of
bytes."""

from campaigns.release import FrozenRelease
from personalization.decide import Decision, decide
from personalization.edge.admission import access_of, may_explain
from personalization.edge.answer import answer_of, answer_without_release, to_log
from personalization.edge.asker import Asker
from personalization.edge.collect import NOT_STORED
from personalization.edge.counting import counts
from personalization.edge.http import Request, Response, refuse
from personalization.edge.learning import Learnt, learn
from personalization.edge.question import MAX_PLACEMENTS, UNREADABLE, Question, field_of, read
from personalization.edge.state import State
from personalization.keeping import to_keep
from personalization.situation import Situation
from sites.config import Access
from sites.times import now_ms
from tracking.decision import LoggedDecision


async def answer_question(state: State, request: Request) -> Response:
    """200 with a decision for every placement asked, whatever happens to Redis; 4xx names the field that is wrong."""
    question = _question(request)
    if isinstance(question, Response):
        return question
    access = access_of(state.snapshots.sites, request, question.write_key or "")
    if isinstance(access, Response):
        return access
    release = state.snapshots.live.get(access.site.id)
    if release is None:
        return answer_without_release(question)
    if question.preview or question.explain:
        refusal = await _refusal(state, request, question, release)
        if refusal is not None:
            return refusal
    asker, learnt, situation = await face(state, request, question, access, release)
    decisions = decide(situation, question.placements, trace=bool(question.explain), preview=question.preview)
    body, rows = answer_of(situation, decisions, question, learnt, state.base_url(request).encode(), state.tokens)
    await record(state, request, asker, situation, decisions, rows)
    return Response(200, body)


async def face(
    state: State, request: Request, question: Question, access: Access, release: FrozenRelease
) -> tuple[Asker, Learnt, Situation]:
    """Who asks, what came along with the question, and all that the decision looks at."""
    now, asker = now_ms(), Asker.of(question, access, request, state.trusted_proxies)
    learnt = await learn(state, access, question, asker, now)
    beside = state.snapshots.beside(access.site.id)
    return asker, learnt, asker.situation(release, learnt.found, now, question.standing, beside)


async def record(
    state: State,
    request: Request,
    asker: Asker,
    situation: Situation,
    decisions: list[Decision],
    rows: list[LoggedDecision],
) -> None:
    """The decisions go into the log, and what the visitor is to keep of them into their history, unless no person
    asked."""
    state.metrics.decisions += len(rows)
    if counts(request, asker.site, state.trusted_proxies, asker.told.user_agent or ""):
        await _keep(state, situation, decisions)
        for row in to_log(rows):
            state.buffer.add(row)


async def _keep(state: State, situation: Situation, decisions: list[Decision]) -> None:
    """Before the answer, so that the next one finds it; nearly all have nothing to keep. Where the store is away, they
    draw again next time: the same, as long as nobody changes the shares."""
    arrival = to_keep(situation, decisions)
    if arrival is None:
        return
    try:
        await state.store.record(arrival)
    except NOT_STORED as error:
        state.metrics.problem("keeping", error)


def _question(request: Request) -> Question | Response:
    try:
        question = read(request.body)
    except UNREADABLE as error:
        return refuse(400, "invalid_body", str(error), field_of(str(error)))
    if not 0 < len(question.placements) <= MAX_PLACEMENTS:
        return refuse(400, "invalid_placements", f"name 1 to {MAX_PLACEMENTS} placements", "placements")
    return question


async def _refusal(state: State, request: Request, question: Question, release: FrozenRelease) -> Response | None:
    """Why the question may not have what only we and the makers of a page ask for."""
    if question.preview and not release.can_preview(question.preview):
        words = "no variant of the live release has this key, and no treatment this arm"
        return refuse(400, "invalid_preview", words, "preview")
    if question.explain and not await may_explain(state.redis, request, release.site):
        return refuse(403, "may_not_explain", "a trace needs a management token with the scope `explain`", "explain")
    return None
